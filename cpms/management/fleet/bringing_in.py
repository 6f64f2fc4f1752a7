"""A fleet file into the database: all of it or nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from booking.models import Token
from booking.services import save_tokens
from cpms.management.fleet.document import Document, sections_of
from cpms.management.fleet.faults import Faults
from cpms.management.fleet.links import check_links
from cpms.management.fleet.shape import check_shapes, instant, place_of
from stations.errors import InvalidFleet
from stations.models import Connector
from stations.services.fleet import SavedPlaces, StationEntry, save_places, save_stations
from tariffs.errors import InvalidPlace
from tariffs.models import Tariff, TariffAssignment
from tariffs.selectors import places_named
from tariffs.services import assign, assign_to_connectors, save_tariff

ONE_AT_A_TIME = 7_261_934_405  # an advisory lock: two imports do not interleave
TOKEN_FIELDS = (
    "country_code", "party_id", "uid", "type", "contract_id", "visual_number", "issuer",
    "group_id", "valid", "whitelist", "language", "default_profile_type", "energy_contract",
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """How many objects (EVSEs and connectors count too), and keys to be shown once."""

    counts: Counter[str] = field(default_factory=Counter)
    generated_passwords: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def bring_in(body: dict[str, Any], now: datetime) -> Outcome:
    """Store what a fleet file says. Raises InvalidFleet with every reason not to; then nothing
    is stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    faults = Faults()
    document = sections_of(body, faults)
    check_shapes(document, faults)
    check_links(document, faults)
    if faults.lines:
        raise InvalidFleet(errors=faults.lines)
    outcome = Outcome(_save_tariffs(document, now))
    places = save_places(locations=document["locations"], now=now)
    outcome.counts += places.counts
    outcome.counts.update(_assign_tariffs(document, places))
    outcome.counts += _assign_elsewhere(document)
    stations = save_stations(stations=[_entry(body) for body in document["stations"]], now=now)
    outcome.counts += stations.counts
    outcome.generated_passwords = stations.generated
    outcome.counts += Counter(save_tokens(tokens=_tokens(document), now=now))
    return outcome


def _save_tariffs(document: Document, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    for body in document["tariffs"]:
        version, is_new = save_tariff(body=body, now=now)
        first = "created" if version.number == 1 else "updated"
        counts[first if is_new else "unchanged"] += 1
    return counts


def _assign_tariffs(document: Document, places: SavedPlaces) -> Counter[str]:
    """Make the connectors' tariffs hold there. Connectors that only changed in this count as
    updated: what is returned corrects the counts."""
    wanted = {
        places.connectors[evse["uid"], connector["id"]]: set(connector.get("tariff_ids", ()))
        for location in document["locations"]
        for evse in location.get("evses", ())
        for connector in evse["connectors"]
    }
    present: dict[int, set[str]] = {pk: set() for pk in wanted}
    for pk, tariff_id in TariffAssignment.objects.filter(
        connector__in=wanted, party_id=""
    ).values_list("connector_id", "tariff__ocpi_id"):
        present[pk].add(tariff_id)
    changed = {pk for pk in wanted if wanted[pk] != present[pk]}
    connectors = Connector.objects.in_bulk(changed)
    assign_to_connectors(wanted=[(connectors[pk], sorted(wanted[pk])) for pk in sorted(changed)])
    only_here = len(changed & places.unchanged_connectors)
    return Counter(updated=only_here, unchanged=-only_here)


def _assign_elsewhere(document: Document) -> Counter[str]:
    """What `tariff_ids` of connectors cannot say: EVSEs, locations, everywhere, partners. Raises
    InvalidFleet for a place that is not there."""
    entries = document["tariff_assignments"]
    ids = {entry["tariff_id"] for entry in entries}
    tariffs = dict(Tariff.objects.filter(ocpi_id__in=ids).values_list("ocpi_id", "pk"))
    try:
        places = places_named([place_of(entry) for entry in entries])
    except InvalidPlace as refusal:
        faults = refusal.facts["errors"]
        raise InvalidFleet(errors=[f"tariff_assignments.{fault}" for fault in faults]) from refusal
    pairs = [
        (tariffs[entry["tariff_id"]], place) for entry, place in zip(entries, places, strict=True)
    ]
    created = assign(pairs)
    return Counter(created=created, unchanged=len(pairs) - created)


def _entry(body: dict[str, Any]) -> StationEntry:
    return StationEntry(**{name: value for name, value in body.items() if name != "last_updated"})


def _tokens(document: Document) -> list[Token]:
    """Tokens of eMSPs and the CPO's own."""
    tokens = [
        Token(**{name: body[name] for name in TOKEN_FIELDS if name in body})
        for body in document["tokens"]
    ]
    notes = _notes([body["id_token"].upper() for body in document["id_tokens"]])
    for body in document["id_tokens"]:
        kind, expires_at = body.get("type", "RFID"), body.get("expires_at")
        tokens.append(
            Token(
                uid=body["id_token"],
                type=kind,
                status=body.get("status", "Accepted"),
                group_id=body.get("parent_id_token", ""),
                expires_at=expires_at and instant(expires_at),
                note=body.get("note", notes.get((body["id_token"].upper(), kind), "")),
            )
        )
    return tokens


def _notes(uids: list[str]) -> dict[tuple[str, str], str]:
    """What staff noted of own tokens: kept where the file says nothing of it."""
    own = Token.objects.filter(party_id="").exclude(note="")
    wanted = set(uids)
    rows = own.values_list("uid", "type", "note")
    return {(uid.upper(), kind): note for uid, kind, note in rows if uid.upper() in wanted}
