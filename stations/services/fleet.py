"""Many locations, EVSEs, connectors and stations at once, in few statements.

What comes in is valid and refers to what exists: the caller has checked it. Nothing is deleted.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from cpms.kernel import events
from cpms.kernel.arrays import numbers
from stations.domain.credentials import matches
from stations.domain.static_fields import (
    Fields,
    Json,
    connector_fields,
    evse_fields,
    location_fields,
)
from stations.events import LocationChanged
from stations.models import ChargingStation, Connector, Evse, Location, StationConnection
from stations.services.bulk import insert, overwrite
from stations.services.keys import set_key, set_new_key

CERTIFICATE_PROFILE = 3  # a client certificate takes the place of the key
KEY_FIELDS = ("key_salt", "key_digest", "pending_key_digest")

UNLINK = "UPDATE stations_evse SET station_id = NULL, number = NULL WHERE id = ANY(%s::bigint[])"
LINK = """
UPDATE stations_evse AS evse SET station_id = wanted.station_id, number = wanted.number
FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS wanted(id, station_id, number)
WHERE evse.id = wanted.id
"""


@dataclass(frozen=True, slots=True)
class StationEntry:
    """A station as a fleet file names it. `evse_uids` by the station's own numbers, from 1;
    None where no EVSE has the number. Without `password` a new station gets a generated one."""

    identity: str
    location_id: str
    evse_uids: Sequence[str | None]
    password: str | None = None
    security_profile: int = 1


@dataclass(slots=True)
class SavedPlaces:
    """What became of locations, EVSEs and connectors; connectors by EVSE uid and id."""

    counts: Counter[str] = field(default_factory=Counter)
    connectors: dict[tuple[str, str], int] = field(default_factory=dict)
    unchanged_connectors: set[int] = field(default_factory=set)


@dataclass(slots=True)
class SavedStations:
    """What became of stations, and the keys that were made for them, to be shown once."""

    counts: Counter[str] = field(default_factory=Counter)
    generated: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Stored:
    fresh: set[Any]
    changed: set[Any]
    unchanged: int

    def counts(self) -> Counter[str]:
        return Counter(created=len(self.fresh), updated=len(self.changed), unchanged=self.unchanged)


@transaction.atomic
def save_places(*, locations: Sequence[Json], now: datetime) -> SavedPlaces:
    """Store OCPI Locations with their EVSEs and connectors: new and changed ones, as they say."""
    wanted = {body["id"]: location_fields(body) for body in locations}
    stored = _store(Location, wanted, _rows(Location, "ocpi_id", wanted), ("ocpi_id",), now)
    location_pks = _pks(Location, "ocpi_id", wanted)
    saved = SavedPlaces(counts=stored.counts())
    evses = {
        evse["uid"]: (evse, location_pks[body["id"]])
        for body in locations
        for evse in body.get("evses", ())
    }
    of_evses = _save_evses(evses, saved, now)
    touched = {location_pks[key] for key in stored.fresh | stored.changed} | of_evses
    _touch(touched, now)
    return saved


def _save_evses(
    evses: Mapping[str, tuple[Json, int]], saved: SavedPlaces, now: datetime
) -> set[int]:
    """Store EVSEs and connectors; returns the locations where something changed."""
    rows = _rows(Evse, "uid", evses)
    wanted = {
        uid: _with_removal(evse_fields(body), rows.get(uid), now) | {"location_id": location_pk}
        for uid, (body, location_pk) in evses.items()
    }
    stored = _store(Evse, wanted, rows, ("uid",), now)
    pks = _pks(Evse, "uid", evses)
    of_connectors = _save_connectors({pks[uid]: evses[uid][0] for uid in evses}, saved, now)
    Evse.objects.filter(pk__in=of_connectors).update(last_updated=now)
    saved.counts += stored.counts()
    touched = stored.fresh | stored.changed
    return {pk for uid, (_, pk) in evses.items() if uid in touched or pks[uid] in of_connectors}


def _with_removal(fields: Fields, row: Json | None, now: datetime) -> Fields:
    is_removed = fields.pop("is_removed")
    removed_at = (row and row["removed_at"]) or now
    return {**fields, "removed_at": removed_at if is_removed else None}


def _save_connectors(evses: Mapping[int, Json], saved: SavedPlaces, now: datetime) -> set[int]:
    """Store connectors by the primary key of their EVSE; returns the EVSEs with changes."""
    wanted = {
        (pk, connector["id"]): connector_fields(connector) | {"evse_id": pk}
        for pk, body in evses.items()
        for connector in body["connectors"]
    }
    known = {
        (row["evse_id"], row["ocpi_id"]): row
        for row in Connector.objects.select_for_update().filter(evse__in=evses).values()
    }
    stored = _store(Connector, wanted, known, ("evse_id", "ocpi_id"), now)
    saved.counts += stored.counts()
    touched = stored.fresh | stored.changed
    for pk, evse_pk, ocpi_id in Connector.objects.filter(evse__in=evses).values_list(
        "pk", "evse_id", "ocpi_id"
    ):
        if (evse_pk, ocpi_id) in wanted:
            saved.connectors[evses[evse_pk]["uid"], ocpi_id] = pk
            if (evse_pk, ocpi_id) not in touched:
                saved.unchanged_connectors.add(pk)
    return {evse_pk for evse_pk, _ in touched}


@transaction.atomic
def save_stations(*, stations: Sequence[StationEntry], now: datetime) -> SavedStations:
    """Store stations, their keys and which EVSEs they drive. Raises WeakKey."""
    saved = SavedStations()
    location_pks = _pks(Location, "ocpi_id", {entry.location_id for entry in stations})
    known = {
        station.identity: station
        for station in ChargingStation.objects.select_for_update().filter(
            identity__in=[entry.identity for entry in stations]
        )
    }
    fresh: list[ChargingStation] = []
    changed: list[ChargingStation] = []
    for entry in stations:
        station = known.get(entry.identity) or ChargingStation(identity=entry.identity)
        differs = _apply(entry, station, location_pks[entry.location_id], saved)
        if entry.identity not in known:
            fresh.append(station)
        elif differs:
            changed.append(station)
    _write_stations(fresh, changed, now)
    relinked = _link_evses(stations)
    touched = {station.identity for station in [*fresh, *changed]} | relinked
    updated = len(touched) - len(fresh)
    saved.counts = Counter(
        created=len(fresh), updated=updated, unchanged=len(stations) - len(touched)
    )
    _tell({location_pks[entry.location_id] for entry in stations if entry.identity in touched})
    return saved


def _apply(
    entry: StationEntry, station: ChargingStation, location_pk: int, saved: SavedStations
) -> bool:
    """Give the station what its entry says; whether that changed it."""
    before = (station.location_id, station.security_profile, bytes(station.key_digest))
    station.location_id, station.security_profile = location_pk, entry.security_profile
    if entry.password is not None:
        if not _has_key(station, entry.password):
            set_key(station=station, key=entry.password, save=False)
    elif not station.key_digest and entry.security_profile != CERTIFICATE_PROFILE:
        saved.generated[entry.identity] = set_new_key(station=station, save=False)
    return before != (station.location_id, station.security_profile, bytes(station.key_digest))


def _has_key(station: ChargingStation, password: str) -> bool:
    digests = (bytes(station.key_digest),)
    return not matches(
        password.encode(), bytes(station.key_salt), digests, settings.SECRET_KEY
    )  # the index 0, or -1


def _write_stations(
    fresh: list[ChargingStation], changed: list[ChargingStation], now: datetime
) -> None:
    insert(ChargingStation, [_row(station, now) for station in fresh])
    overwrite(ChargingStation, [_row(station, now) for station in changed], ("identity",))
    pks = _pks(ChargingStation, "identity", [station.identity for station in fresh])
    insert(StationConnection, [{"station_id": pk} for pk in pks.values()])


def _row(station: ChargingStation, now: datetime) -> Fields:
    names = ("identity", "location_id", "security_profile", *KEY_FIELDS)
    return {**{name: getattr(station, name) for name in names}, "last_updated": now}


def _link_evses(stations: Sequence[StationEntry]) -> set[str]:
    """Number the stations' EVSEs; returns the identities where that changed something. In two
    steps, because two EVSEs may swap their numbers."""
    station_pks = _pks(ChargingStation, "identity", {entry.identity for entry in stations})
    wanted = {
        uid: (station_pks[entry.identity], number, entry.identity)
        for entry in stations
        for number, uid in enumerate(entry.evse_uids, start=1)
        if uid is not None
    }
    moves = [
        (row["id"], *wanted[row["uid"]])
        for row in Evse.objects.select_for_update()
        .filter(uid__in=wanted)
        .values("id", "uid", "station_id", "number")
        if (row["station_id"], row["number"]) != wanted[row["uid"]][:2]
    ]
    if moves:
        columns = [numbers(column) for column in list(zip(*moves, strict=True))[:3]]
        with connection.cursor() as cursor:
            cursor.execute(UNLINK, columns[:1])
            cursor.execute(LINK, columns)
    return {identity for *_, identity in moves}


def _store(
    model: type[Model],
    wanted: Mapping[Any, Fields],
    known: Mapping[Any, Json],
    unique: tuple[str, ...],
    now: datetime,
) -> _Stored:
    """Insert what is new and overwrite what differs, in a few statements each."""
    fresh = {key for key in wanted if key not in known}
    changed = {key for key in wanted.keys() - fresh if _differs(known[key], wanted[key])}
    insert(model, [wanted[key] | {"last_updated": now} for key in wanted if key in fresh])
    overwrite(model, [wanted[key] | {"last_updated": now} for key in sorted(changed)], unique)
    return _Stored(fresh, changed, len(wanted) - len(fresh) - len(changed))


def _differs(row: Json, fields: Fields) -> bool:
    return any(row[name] != value for name, value in fields.items())


def _rows(model: type[Model], name: str, keys: Iterable[Hashable]) -> dict[Any, Json]:
    """The known rows by `name`, held until the transaction ends."""
    found = model._default_manager.select_for_update().filter(**{f"{name}__in": list(keys)})  # noqa: SLF001 -- public API of Django
    return {row[name]: row for row in found.values()}


def _pks(model: type[Model], name: str, keys: Iterable[Hashable]) -> dict[str, int]:
    found = model._default_manager.filter(**{f"{name}__in": list(keys)})  # noqa: SLF001 -- public API of Django
    return dict(found.values_list(name, "pk"))


def _touch(location_pks: set[int], now: datetime) -> None:
    """A location is as new as its newest part (OCPI 2.2.1 §8.3.1)."""
    Location.objects.filter(pk__in=location_pks).update(last_updated=now)
    _tell(location_pks)


def _tell(location_pks: set[int]) -> None:
    for pk in sorted(location_pks):
        events.publish(LocationChanged(pk))
