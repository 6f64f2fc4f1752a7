"""Static information: locations, stations, EVSEs and their connectors (R9)."""

from datetime import datetime
from typing import Any

from django.db import transaction

from cpms.kernel import events
from stations.events import LocationChanged
from stations.models import ChargingStation, Connector, Evse, Location, StationConnection


@transaction.atomic
def save_location(*, location: Location, now: datetime) -> Location:
    """Store a new or changed location; its eMSPs will hear of it."""
    location.last_updated = now
    location.save()
    events.publish(LocationChanged(location.pk))
    return location


@transaction.atomic
def save_station(*, station: ChargingStation, now: datetime) -> ChargingStation:
    """Store a new or changed station. A new one still needs a key (`set_new_key`)."""
    station.last_updated = now
    station.save()
    StationConnection.objects.get_or_create(station=station)
    events.publish(LocationChanged(station.location_id))
    return station


@transaction.atomic
def save_evse(*, evse: Evse, now: datetime, connectors: list[dict[str, Any]] | None = None) -> Evse:
    """Store a new or changed EVSE; with `connectors` (field values) these become its own."""
    evse.last_updated = now
    evse.save()
    if connectors is not None:
        kept = [_save_connector(evse, fields, now).pk for fields in connectors]
        evse.connectors.exclude(pk__in=kept).delete()
    Location.objects.filter(pk=evse.location_id).update(last_updated=now)
    events.publish(LocationChanged(evse.location_id))
    return evse


def _save_connector(evse: Evse, fields: dict[str, Any], now: datetime) -> Connector:
    connector, _ = Connector.objects.update_or_create(
        evse=evse,
        ocpi_id=fields["ocpi_id"],
        defaults={**fields, "last_updated": now},
    )
    return connector
