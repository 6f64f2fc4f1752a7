"""What is wrong with an entry by itself: types, lengths, words, ranges."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from booking.enums import AuthorizationStatus, TokenType
from cpms.kernel.errors import DomainError
from cpms.management.fleet.document import Document
from cpms.management.fleet.faults import Faults
from stations.domain.credentials import is_strong_enough
from stations.domain.identity import fault_in_identity
from stations.errors import WeakKey
from stations.schemas import faults_in
from tariffs.domain.places import NamedPlace
from tariffs.errors import InvalidPlace
from tariffs.services import check_tariff

DATED = "2020-01-01T00:00:00Z"  # stands in where an optional `last_updated` is absent
COUNTRY_CODE, PARTY_ID = re.compile("[A-Za-z]{2}"), re.compile("[A-Za-z0-9]{3}")
COUNTRY = re.compile("[A-Za-z]{3}")
MOST_EVSES = 1000
LARGEST_INTEGER = 2**31 - 1
STATION_FIELDS = frozenset(
    {"identity", "location_id", "evse_uids", "password", "security_profile", "last_updated"}
)
ID_TOKEN_FIELDS = frozenset(
    {"id_token", "status", "expires_at", "parent_id_token", "type", "note", "last_updated"}
)
ASSIGNMENT_FIELDS = {
    "tariff_id": 36, "location_id": 36, "evse_uid": 36, "connector_id": 36,
    "country_code": 2, "party_id": 3,
}  # fmt: skip
ID_TOKEN_TEXTS = {"id_token": 36, "parent_id_token": 36, "note": 120}
PROFILES = (1, 2, 3)

Check = Callable[[str, dict[str, Any], Faults], None]


def check_shapes(document: Document, faults: Faults) -> None:
    """Add what is wrong with each entry, whatever else the file or the database holds."""
    for section, check in CHECKS.items():
        for index, entry in enumerate(document[section]):
            path = f"{section}.{index}"
            if not isinstance(entry, dict):
                faults.add(path, "must be an object")
            elif unstorable := list(_nul_paths(entry, path)):
                for where in unstorable:
                    faults.add(where, "holds a NUL character")
            else:
                check(path, entry, faults)


@cache
def time_zones() -> frozenset[str]:
    """The IANA names known here; read once, for it walks the disk."""
    return frozenset(available_timezones())


def instant(text: str) -> datetime:
    """An RFC 3339 time in UTC; without a zone it is UTC (OCPI 2.2.1 §17.2). Raises ValueError."""
    at = datetime.fromisoformat(text)
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError(text) from fault


def _location(path: str, body: dict[str, Any], faults: Faults) -> None:
    if not _fits("Location", path, _dated_location(body), faults):
        return
    _party(path, body, faults)
    _not_empty(path, body, ("id", "address", "city"), faults)
    if not COUNTRY.fullmatch(body["country"]):
        faults.add(f"{path}.country", "must be a country code of three letters")
    if body["time_zone"] not in time_zones():
        faults.add(f"{path}.time_zone", "must be a name like Europe/Amsterdam")
    _on_earth(path, body, faults)
    for index, evse in enumerate(body.get("evses", ())):
        _evse(f"{path}.evses.{index}", evse, faults)


def _evse(path: str, body: dict[str, Any], faults: Faults) -> None:
    _not_empty(path, body, ("uid",), faults)
    if "coordinates" in body:
        _on_earth(path, body, faults)
    ids: set[str] = set()
    for index, connector in enumerate(body["connectors"]):
        at = f"{path}.connectors.{index}"
        _not_empty(at, connector, ("id",), faults)
        if connector["id"].casefold() in ids:
            faults.add(f"{at}.id", f"{connector['id']!r} is used twice in this EVSE")
        ids.add(connector["id"].casefold())
        for name, least in (("max_voltage", 1), ("max_amperage", 1), ("max_electric_power", 0)):
            if not least <= connector.get(name, least) <= LARGEST_INTEGER:
                faults.add(f"{at}.{name}", f"must be from {least} to {LARGEST_INTEGER}")


def _station(path: str, body: dict[str, Any], faults: Faults) -> None:
    _known_fields(path, body, STATION_FIELDS, faults)
    for name in ("identity", "location_id"):
        if name not in body:
            faults.add(path, f"{name} is missing")
        elif not isinstance(body[name], str):
            faults.add(f"{path}.{name}", "must be a text")
    if isinstance(body.get("identity"), str) and (fault := fault_in_identity(body["identity"])):
        faults.add(f"{path}.identity", fault)
    _evse_uids(path, body, faults)
    profile = body.get("security_profile", 1)
    if profile not in PROFILES or not isinstance(profile, int) or isinstance(profile, bool):
        faults.add(f"{path}.security_profile", "must be 1, 2 or 3")
    password = body.get("password", "")
    if "password" in body and not (isinstance(password, str) and is_strong_enough(password)):
        faults.add(f"{path}.password", WeakKey.message)


def _evse_uids(path: str, body: dict[str, Any], faults: Faults) -> None:
    uids = body.get("evse_uids")
    if not isinstance(uids, list) or not all(uid is None or isinstance(uid, str) for uid in uids):
        faults.add(f"{path}.evse_uids", "must be a list of EVSE uids")
    elif len(uids) > MOST_EVSES:
        faults.add(f"{path}.evse_uids", f"must have at most {MOST_EVSES} EVSEs")


def _tariff(path: str, body: dict[str, Any], faults: Faults) -> None:
    if not _fits("Tariff", path, {"last_updated": DATED, **body}, faults):
        return
    _party(path, body, faults)
    _not_empty(path, body, ("id", "currency"), faults)
    try:
        check_tariff({name: value for name, value in body.items() if name != "last_updated"})
    except DomainError as refusal:
        faults.add(path, refusal.text)


def _assignment(path: str, body: dict[str, Any], faults: Faults) -> None:
    _known_fields(path, body, frozenset(ASSIGNMENT_FIELDS), faults)
    if "tariff_id" not in body:
        faults.add(path, "tariff_id is missing")
    for name, most in ASSIGNMENT_FIELDS.items():
        value = body.get(name, "x")
        if not isinstance(value, str) or not 0 < len(value) <= most:
            faults.add(f"{path}.{name}", f"must be a text of 1 to {most} characters")
    if not faults.spoils(path):
        try:
            place_of(body)
        except InvalidPlace as refusal:
            faults.add(path, refusal.text)


def place_of(body: dict[str, str]) -> NamedPlace:
    """Where an entry of `tariff_assignments` lets its tariff hold. Raises InvalidPlace."""
    return NamedPlace(**{name: value for name, value in body.items() if name != "tariff_id"})


def _token(path: str, body: dict[str, Any], faults: Faults) -> None:
    if _fits("Token", path, {"last_updated": DATED, **body}, faults):
        _party(path, body, faults)
        _not_empty(path, body, ("uid",), faults)


def _id_token(path: str, body: dict[str, Any], faults: Faults) -> None:
    _known_fields(path, body, ID_TOKEN_FIELDS, faults)
    if "id_token" not in body:
        faults.add(path, "id_token is missing")
    for name, most in ID_TOKEN_TEXTS.items():
        value = body.get(name, "x")
        if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
            faults.add(f"{path}.{name}", f"must be a text of 1 to {most} characters")
    for name, words in (("status", AuthorizationStatus.values), ("type", TokenType.values)):
        if body.get(name, words[0]) not in words:
            faults.add(f"{path}.{name}", f"must be one of {', '.join(words)}")
    if "expires_at" in body and not _is_instant(body["expires_at"]):
        faults.add(f"{path}.expires_at", "must be a time like 2026-12-31T23:59:59Z")


def _is_instant(value: Any) -> bool:
    try:
        instant(value)
    except (TypeError, ValueError):
        return False
    return True


def _fits(name: str, path: str, body: dict[str, Any], faults: Faults) -> bool:
    """Whether it is such an OCPI object."""
    found = faults_in(name, body)
    for line in found:
        where, _, reason = line.partition(": ")
        faults.add(path if where == "payload" else f"{path}.{where}", reason)
    return not found


def _dated_location(body: dict[str, Any]) -> dict[str, Any]:
    """The location with `last_updated` wherever OCPI demands it."""
    dated = {"last_updated": DATED, **body}
    if isinstance(evses := body.get("evses"), list):
        dated["evses"] = [_dated_evse(evse) for evse in evses]
    return dated


def _dated_evse(evse: Any) -> Any:
    if not isinstance(evse, dict):
        return evse
    dated = {"last_updated": DATED, **evse}
    if isinstance(connectors := evse.get("connectors"), list):
        dated["connectors"] = [
            {"last_updated": DATED, **connector} if isinstance(connector, dict) else connector
            for connector in connectors
        ]
    return dated


def _party(path: str, body: dict[str, Any], faults: Faults) -> None:
    if not COUNTRY_CODE.fullmatch(body["country_code"]):
        faults.add(f"{path}.country_code", "must have two letters")
    if not PARTY_ID.fullmatch(body["party_id"]):
        faults.add(f"{path}.party_id", "must have three letters or digits")


def _not_empty(path: str, body: dict[str, Any], names: tuple[str, ...], faults: Faults) -> None:
    for name in names:
        if not body[name].strip():
            faults.add(f"{path}.{name}", "must not be empty")


def _known_fields(path: str, body: dict[str, Any], known: frozenset[str], faults: Faults) -> None:
    for name in sorted(body.keys() - known):
        faults.add(f"{path}.{name}", "unknown field")


def _on_earth(path: str, body: dict[str, Any], faults: Faults) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        if abs(float(body["coordinates"][name])) > most:
            faults.add(f"{path}.coordinates.{name}", f"must be from -{most} to {most}")


def _nul_paths(value: Any, path: str) -> Iterator[str]:
    """Where a text, or a name, holds what PostgreSQL cannot store."""
    if isinstance(value, str):
        if "\0" in value:
            yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            if "\0" in name:
                yield path
            yield from _nul_paths(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nul_paths(inner, f"{path}.{index}")


CHECKS: dict[str, Check] = {
    "locations": _location,
    "stations": _station,
    "tariffs": _tariff,
    "tariff_assignments": _assignment,
    "tokens": _token,
    "id_tokens": _id_token,
}
