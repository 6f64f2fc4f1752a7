"""What entries say of each other, and of what is stored: twice named, unknown, elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cpms.management.fleet.document import Document
from cpms.management.fleet.faults import Faults
from cpms.management.fleet.shape import place_of
from stations.models import ChargingStation, Evse, Location
from tariffs.models import Tariff


@dataclass(slots=True)
class Known:
    """What may be referred to: in the file or stored."""

    locations: set[str] = field(default_factory=set)
    tariffs: set[str] = field(default_factory=set)
    evse_location: dict[str, str] = field(default_factory=dict)
    driven_by: dict[str, tuple[str, int]] = field(default_factory=dict)  # station, number
    driven: dict[str, dict[int, str]] = field(default_factory=dict)  # by station: uid by number
    spoiled_evses: set[str] = field(default_factory=set)  # of entries that are refused anyway


def check_links(document: Document, faults: Faults) -> None:
    """Add what contradicts within the file or with the database."""
    _check_names(document, faults)
    known = _stored(document)
    _add_what_the_file_names(document, known)
    for path, location in _sound(document, "locations", faults):
        _check_evse_places(path, location, known, faults)
    for path, location in _sound(document, "locations", faults):
        _check_tariffs(path, location, known, faults)
    for path, entry in _sound(document, "tariff_assignments", faults):
        if entry["tariff_id"] not in known.tariffs:
            faults.add(f"{path}.tariff_id", f"there is no tariff {entry['tariff_id']!r}")
    for path, station in _sound(document, "stations", faults):
        _check_station(path, station, known, faults)


def _add_what_the_file_names(document: Document, known: Known) -> None:
    """A reference to an entry that is refused for itself is not a second fault."""
    for section, ids in (("locations", known.locations), ("tariffs", known.tariffs)):
        ids.update(str(entry.get("id")) for entry in _objects(document[section]))
    for location in _objects(document["locations"]):
        evses = location.get("evses")
        for evse in _objects(evses if isinstance(evses, list) else []):
            known.spoiled_evses.add(str(evse.get("uid")))


def _objects(entries: list[Any]) -> Iterator[dict[str, Any]]:
    return (entry for entry in entries if isinstance(entry, dict))


def _sound(
    document: Document, section: str, faults: Faults
) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, entry in enumerate(document[section]):
        if not faults.spoils(f"{section}.{index}"):
            yield f"{section}.{index}", entry


def _check_names(document: Document, faults: Faults) -> None:
    """Each name once. OCPI compares its ids without case (§17.1)."""
    named: dict[str, Callable[[dict[str, Any]], tuple[str, Any]]] = {
        "locations": lambda entry: ("id", entry["id"].casefold()),
        "stations": lambda entry: ("identity", entry["identity"]),
        "tariffs": lambda entry: ("id", entry["id"].casefold()),
        "tokens": lambda entry: (
            "uid",
            tuple(entry[name].upper() for name in ("country_code", "party_id", "uid", "type")),
        ),
        "id_tokens": lambda entry: (
            "id_token",
            (entry["id_token"].upper(), entry.get("type", "RFID")),
        ),
        "tariff_assignments": lambda entry: (
            "tariff_id",
            (entry["tariff_id"], place_of(entry)),
        ),
    }
    for section, name_of in named.items():
        first: dict[Any, str] = {}
        for path, entry in _sound(document, section, faults):
            field_name, name = name_of(entry)
            _once(first, name, f"{path}.{field_name}", entry[field_name], faults)
    evses: dict[Any, str] = {}
    for path, location in _sound(document, "locations", faults):
        for index, evse in enumerate(location.get("evses", ())):
            at = f"{path}.evses.{index}.uid"
            _once(evses, evse["uid"].casefold(), at, evse["uid"], faults)
    driven: dict[Any, str] = {}
    for path, station in _sound(document, "stations", faults):
        for index, uid in enumerate(station["evse_uids"]):
            if uid is not None:
                _once(driven, uid.casefold(), f"{path}.evse_uids.{index}", uid, faults)


def _once(first: dict[Any, str], name: Any, path: str, shown: str, faults: Faults) -> None:
    if name in first:
        faults.add(path, f"{shown!r} is named at {first[name]} already")
    else:
        first[name] = path


def _stored(document: Document) -> Known:
    """What the database has of what the file names."""
    known = Known(
        locations=set(Location.objects.values_list("ocpi_id", flat=True)),
        tariffs=set(Tariff.objects.values_list("ocpi_id", flat=True)),
    )
    identities = {
        str(entry.get("identity")).replace("\0", "") for entry in _objects(document["stations"])
    }
    stations = dict(
        ChargingStation.objects.filter(identity__in=identities).values_list("pk", "identity")
    )
    rows = Evse.objects.values_list(
        "uid", "location__ocpi_id", "station_id", "station__identity", "number"
    )
    for uid, location_id, station_pk, identity, number in rows.iterator(chunk_size=10_000):
        known.evse_location[uid] = location_id
        if identity is not None and number is not None:
            known.driven_by[uid] = (identity, number)
        if station_pk in stations and number is not None:
            known.driven.setdefault(stations[station_pk], {})[number] = uid
    return known


def _check_evse_places(path: str, location: dict[str, Any], known: Known, faults: Faults) -> None:
    for index, evse in enumerate(location.get("evses", ())):
        stored = known.evse_location.setdefault(evse["uid"], location["id"])
        if stored != location["id"]:
            reason = f"{evse['uid']!r} is at location {stored!r}; an EVSE does not move"
            faults.add(f"{path}.evses.{index}.uid", reason)


def _check_tariffs(path: str, location: dict[str, Any], known: Known, faults: Faults) -> None:
    for number, evse in enumerate(location.get("evses", ())):
        for index, connector in enumerate(evse["connectors"]):
            for place, tariff_id in enumerate(connector.get("tariff_ids", ())):
                if tariff_id not in known.tariffs:
                    at = f"{path}.evses.{number}.connectors.{index}.tariff_ids.{place}"
                    faults.add(at, f"there is no tariff {tariff_id!r}")


def _check_station(path: str, station: dict[str, Any], known: Known, faults: Faults) -> None:
    identity, location_id = station["identity"], station["location_id"]
    if location_id not in known.locations:
        faults.add(f"{path}.location_id", f"there is no location {location_id!r}")
        return
    for index, uid in enumerate(station["evse_uids"]):
        if uid is None:
            continue
        at = f"{path}.evse_uids.{index}"
        if uid not in known.evse_location:
            if uid not in known.spoiled_evses:
                faults.add(at, f"there is no EVSE {uid!r}")
        elif known.evse_location[uid] != location_id:
            where = known.evse_location[uid]
            faults.add(at, f"{uid!r} is at location {where!r}, the station at {location_id!r}")
        elif uid in known.driven_by and known.driven_by[uid][0] != identity:
            driver = known.driven_by[uid][0]
            faults.add(at, f"{uid!r} belongs to station {driver!r}; an EVSE does not move")
    _check_left_out(path, station, known, faults)


def _check_left_out(path: str, station: dict[str, Any], known: Known, faults: Faults) -> None:
    """Nothing is deleted: an EVSE that the file leaves out keeps its number."""
    uids = station["evse_uids"]
    for number, uid in sorted(known.driven.get(station["identity"], {}).items()):
        if uid in uids:
            continue
        if number <= len(uids) and uids[number - 1] is not None:
            reason = f"leaves out {uid!r}, which is number {number} of this station"
            faults.add(f"{path}.evse_uids", reason)
        elif known.evse_location[uid] != station["location_id"]:
            reason = f"its EVSE {uid!r} is at location {known.evse_location[uid]!r}"
            faults.add(f"{path}.location_id", reason)
