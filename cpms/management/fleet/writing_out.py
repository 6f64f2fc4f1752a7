"""The database as a fleet file. Keys of stations are never in it: only their digests are kept."""

from collections import defaultdict
from itertools import groupby
from typing import Any

from booking.models import Token
from cpms.management.fleet.bringing_in import TOKEN_FIELDS
from stations.domain.static_fields import (
    Fields,
    connector_body,
    evse_body,
    location_body,
    rfc3339,
)
from stations.models import ChargingStation, Connector, Evse, Location
from tariffs.models import TariffAssignment, TariffVersion
from tariffs.selectors import named_places

CONNECTED_AT = "station__connection__connected_at"
DISCONNECTED_AT = "station__connection__disconnected_at"


def write_out() -> dict[str, list[Fields]]:
    """Every location, station, tariff and token, in the order of their names."""
    evses: dict[int, list[Fields]] = defaultdict(list)
    connectors = _connectors()
    fields = [field.attname for field in Evse._meta.concrete_fields]  # noqa: SLF001 -- public API of Django
    for row in Evse.objects.order_by("uid").values(*fields, CONNECTED_AT, DISCONNECTED_AT):
        is_connected = row[CONNECTED_AT] is not None and row[DISCONNECTED_AT] is None
        body = evse_body(row, connectors[row["id"]], is_connected=is_connected)
        evses[row["location_id"]].append(body)
    return {
        "locations": [
            location_body(row, evses[row["id"]])
            for row in Location.objects.order_by("ocpi_id").values()
        ],
        "stations": _stations(),
        "tariffs": _tariffs(),
        "tariff_assignments": _tariff_assignments(),
        "tokens": [_token(token) for token in _tokens().exclude(party_id="")],
        "id_tokens": [_id_token(token) for token in _tokens().filter(party_id="")],
    }


def _connectors() -> dict[int, list[Fields]]:
    """OCPI connectors by EVSE."""
    tariff_ids: dict[int, list[str]] = defaultdict(list)
    for pk, tariff_id in (
        TariffAssignment.objects.filter(connector__isnull=False, party_id="")
        .order_by("tariff__ocpi_id")
        .values_list("connector_id", "tariff__ocpi_id")
    ):
        tariff_ids[pk or 0].append(tariff_id)
    found: dict[int, list[Fields]] = defaultdict(list)
    for row in Connector.objects.order_by("ocpi_id").values():
        found[row["evse_id"]].append(connector_body(row, tariff_ids[row["id"]]))
    return found


def _stations() -> list[Fields]:
    numbered: dict[int, dict[int, str]] = defaultdict(dict)
    rows = Evse.objects.filter(station__isnull=False).values_list("station_id", "number", "uid")
    for station_pk, number, uid in rows:
        numbered[station_pk or 0][number or 0] = uid
    return [
        {
            "identity": station["identity"],
            "location_id": station["location__ocpi_id"],
            "evse_uids": _by_number(numbered[station["id"]]),
            "security_profile": station["security_profile"],
            "last_updated": rfc3339(station["last_updated"]),
        }
        for station in ChargingStation.objects.order_by("identity").values(
            "id", "identity", "location__ocpi_id", "security_profile", "last_updated"
        )
    ]


def _by_number(uids: dict[int, str]) -> list[str | None]:
    """The first is number 1; null where no EVSE has the number."""
    return [uids.get(number) for number in range(1, max(uids, default=0) + 1)]


def _tariffs() -> list[Fields]:
    """What each tariff says now: its newest version."""
    newest = TariffVersion.objects.order_by("tariff__ocpi_id", "-number").distinct(
        "tariff__ocpi_id"
    )
    return [{**version.body, "last_updated": rfc3339(version.created_at)} for version in newest]


def _tariff_assignments() -> list[Fields]:
    """Those that no connector's `tariff_ids` says."""
    rows = (
        TariffAssignment.objects.exclude(connector__isnull=False, party_id="")
        .select_related("tariff", "location", "evse", "connector__evse")
        .order_by("tariff__ocpi_id")
    )
    return [
        {"tariff_id": tariff_id, **name.fields()}
        for tariff_id, held in groupby(rows, key=lambda row: row.tariff.ocpi_id)
        for name in named_places(held)
    ]


def _tokens() -> Any:
    return Token.objects.order_by("country_code", "party_id", "uid", "type")


def _token(token: Token) -> Fields:
    values = {name: getattr(token, name) for name in TOKEN_FIELDS}
    present = {name: value for name, value in values.items() if value not in ("", None)}
    required = {name: values[name] for name in ("contract_id", "issuer")}
    return {**present, **required, "last_updated": rfc3339(token.last_updated)}


def _id_token(token: Token) -> Fields:
    optional = {"note": token.note, "type": "" if token.type == "RFID" else token.type}
    return {
        "id_token": token.uid,
        "status": token.status,
        "expires_at": token.expires_at and token.expires_at.isoformat().replace("+00:00", "Z"),
        "parent_id_token": token.group_id or None,
        **{name: value for name, value in optional.items() if value},
        "last_updated": rfc3339(token.last_updated),
    }
