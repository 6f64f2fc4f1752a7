"""Static information: locations, stations, EVSEs and their connectors (R9)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Model, ProtectedError

from cpms.kernel import events
from stations.enums import EvseStatus
from stations.errors import (
    AlreadyExists,
    EvseElsewhere,
    StillInUse,
    UnknownConnector,
    UnknownEvse,
    UnknownLocation,
    UnknownStation,
)
from stations.events import LocationChanged
from stations.models import ChargingStation, Connector, Evse, Location, StationConnection
from stations.ports import assign_tariffs
from stations.services.keys import set_key, set_new_key

UNIQUE_VIOLATION = "23505"
BUSY = frozenset(
    {
        EvseStatus.PREPARING,
        EvseStatus.CHARGING,
        EvseStatus.SUSPENDED_EV,
        EvseStatus.SUSPENDED_EVSE,
        EvseStatus.FINISHING,
    }
)
STATED = {  # what the CPO states of a row; the rest a station reports, meanwhile too
    ChargingStation: ("identity", "location", "security_profile", "strict", "last_updated"),
    Evse: (
        "location", "station", "number", "uid", "evse_id", "removed_at", "capabilities",
        "floor_level", "latitude", "longitude", "physical_reference", "directions",
        "parking_restrictions", "images", "status_schedule", "last_updated",
    ),
}  # fmt: skip


@transaction.atomic
def save_location(
    *, location: Location, now: datetime, evses: Iterable[dict[str, Any]] = ()
) -> Location:
    """Store a new or changed location; its eMSPs will hear of it. `evses`: field values of new
    ones, each with its `connectors`. Raises AlreadyExists."""
    location.last_updated = now
    _store(location, UnknownLocation)
    for fields in evses:
        connectors = fields.pop("connectors", [])
        save_evse(evse=Evse(location=location, **fields), now=now, connectors=connectors)
    events.publish(LocationChanged(location.pk))
    return location


@transaction.atomic
def save_station(*, station: ChargingStation, now: datetime) -> ChargingStation:
    """Store a new or changed station. A new one still needs a key (`set_new_key`). Raises
    AlreadyExists."""
    station.last_updated = now
    _store(station, UnknownStation)
    StationConnection.objects.get_or_create(station=station)
    events.publish(LocationChanged(station.location_id))
    return station


@transaction.atomic
def add_station(*, fields: dict[str, Any], now: datetime) -> str | None:
    """A new station from field values, its `password` and `evse_uids` among them. Returns the
    key, if it was generated. Raises AlreadyExists, WeakKey, and as `number_evses` does."""
    values = dict(fields)
    password = values.pop("password", None)
    evse_uids = values.pop("evse_uids", [])
    station = save_station(station=ChargingStation(**values), now=now)
    number_evses(station=station, evse_uids=evse_uids, now=now)
    if password is None:
        return set_new_key(station=station)
    set_key(station=station, key=password)
    return None


@transaction.atomic
def change_station(
    *, station: ChargingStation, evse_uids: Sequence[str] | None, now: datetime
) -> ChargingStation:
    """Store a changed station; with `evse_uids` these become its own. Raises EvseElsewhere for
    a station that moved away from its EVSEs."""
    save_station(station=station, now=now)
    if evse_uids is not None:
        number_evses(station=station, evse_uids=evse_uids, now=now)
    for evse in Evse.objects.filter(station=station).exclude(location=station.location_id)[:1]:
        raise EvseElsewhere(evse_uid=evse.uid)
    return station


@transaction.atomic
def number_evses(*, station: ChargingStation, evse_uids: Sequence[str], now: datetime) -> None:
    """Let the station drive these EVSEs of its location: the first is its number 1. Others that
    it drove it drives no more. Raises UnknownEvse, EvseElsewhere or StillInUse."""
    found = {evse.uid: evse for evse in Evse.objects.select_for_update().filter(uid__in=evse_uids)}
    for uid in evse_uids:
        if uid not in found or found[uid].removed_at is not None:
            raise UnknownEvse(evse_uid=uid)
        if found[uid].location_id != station.location_id:
            raise EvseElsewhere(evse_uid=uid)
        if found[uid].station_id not in (None, station.pk):
            raise StillInUse("Another station drives this EVSE.", evse_uid=uid)
    Evse.objects.filter(station=station).update(station=None, number=None, last_updated=now)
    for number, uid in enumerate(evse_uids, start=1):
        Evse.objects.filter(uid=uid).update(station=station, number=number, last_updated=now)
    events.publish(LocationChanged(station.location_id))


@transaction.atomic
def save_evse(*, evse: Evse, now: datetime, connectors: list[dict[str, Any]] | None = None) -> Evse:
    """Store a new or changed EVSE; with `connectors` (field values) these become its own. One
    without a number gets its station's next. Raises AlreadyExists or EvseElsewhere."""
    if evse.station is None:
        evse.number = None
    elif evse.station.location_id != evse.location_id:
        raise EvseElsewhere(evse_uid=evse.uid)
    elif evse.number is None:
        last = Evse.objects.filter(station=evse.station).aggregate(Max("number"))["number__max"]
        evse.number = (last or 0) + 1
    evse.last_updated = now
    _store(evse, UnknownEvse)
    if connectors is not None:
        kept = [_save_connector(evse, fields, now).pk for fields in connectors]
        evse.connectors.exclude(pk__in=kept).delete()
    _touch(evse, now)
    return evse


@transaction.atomic
def add_connector(*, evse: Evse, fields: dict[str, Any], now: datetime) -> Connector:
    """A further connector of an EVSE. Raises AlreadyExists."""
    if Connector.objects.filter(evse=evse, ocpi_id=fields["ocpi_id"]).exists():
        raise AlreadyExists(id=fields["ocpi_id"])
    connector = _save_connector(evse, fields, now)
    _touch(evse, now)
    return connector


@transaction.atomic
def change_connector(*, connector: Connector, fields: dict[str, Any], now: datetime) -> Connector:
    """Change what a connector is; its id stays."""
    saved = _save_connector(connector.evse, {**fields, "ocpi_id": connector.ocpi_id}, now)
    _touch(connector.evse, now)
    return saved


def _save_connector(evse: Evse, fields: dict[str, Any], now: datetime) -> Connector:
    """Insert or update by id; `tariff_ids`, if given, become those that hold there."""
    values = dict(fields)
    tariff_ids = values.pop("tariff_ids", None)
    connector, _ = Connector.objects.update_or_create(
        evse=evse, ocpi_id=values["ocpi_id"], defaults={**values, "last_updated": now}
    )
    if tariff_ids is not None:
        assign_tariffs({connector.pk: tariff_ids})
    return connector


@transaction.atomic
def delete_location(*, location: Location) -> None:
    """Forget a location that nothing ever stood at. Raises StillInUse."""
    _delete(location, UnknownLocation)


@transaction.atomic
def delete_station(*, station: ChargingStation, now: datetime) -> None:
    """Forget a station that drives no EVSE and never charged anybody. Raises StillInUse."""
    _delete(station, UnknownStation)
    Location.objects.filter(pk=station.location_id).update(last_updated=now)
    events.publish(LocationChanged(station.location_id))


@transaction.atomic
def remove_evse(*, evse: Evse, now: datetime) -> None:
    """Take an EVSE away: forgotten if nobody ever charged there, else kept as OCPI's REMOVED
    (2.2.1 §8.4.22), for its sessions name it. Raises StillInUse while a car stands there."""
    held = Evse.objects.select_for_update().filter(pk=evse.pk, removed_at=None).first()
    if held is None:
        raise UnknownEvse(evse_uid=evse.uid)
    if held.status in BUSY:
        raise StillInUse("A car stands at this EVSE.", evse_uid=evse.uid)
    try:
        with transaction.atomic():
            held.delete()
    except ProtectedError:
        held.removed_at, held.station, held.number = now, None, None
        held.last_updated = now
        held.save(update_fields=["removed_at", "station", "number", "last_updated"])
    _touch(evse, now)


@transaction.atomic
def delete_connector(*, connector: Connector, now: datetime) -> None:
    _delete(connector, UnknownConnector)
    _touch(connector.evse, now)


def _store(row: Model, missing: type[Exception]) -> None:
    """Insert; or update what the CPO states, leaving what a station reported meanwhile. Raises
    AlreadyExists, and `missing` where the row was deleted meanwhile."""
    kind = type(row)
    is_new = row._state.adding  # noqa: SLF001 -- public API of Django
    if not is_new and not _held(row):
        raise missing
    try:
        with transaction.atomic():
            row.save(update_fields=None if is_new else STATED.get(kind))
    except IntegrityError as refusal:
        if getattr(refusal.__cause__, "sqlstate", "") != UNIQUE_VIOLATION:
            raise
        raise AlreadyExists from refusal


def _delete(row: Model, missing: type[Exception]) -> None:
    if not _held(row):  # and nobody adds something to it meanwhile
        raise missing
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError as refusal:
        raise StillInUse from refusal


def _held(row: Model) -> bool:
    """Lock the row until the transaction ends; whether it exists."""
    same = type(row)._default_manager.select_for_update().filter(pk=row.pk)  # noqa: SLF001 -- public API of Django
    return same.exists()


def _touch(evse: Evse, now: datetime) -> None:
    """A location is as new as its newest part (OCPI 2.2.1 §8.3.1)."""
    Evse.objects.filter(pk=evse.pk).update(last_updated=now)
    Location.objects.filter(pk=evse.location_id).update(last_updated=now)
    events.publish(LocationChanged(evse.location_id))
