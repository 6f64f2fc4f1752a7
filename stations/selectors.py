"""Questions about stations, as querysets ready to render."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet

from stations.domain.charge_type import charge_type, power_w
from stations.domain.shown import Shown, shown
from stations.enums import ChargeType
from stations.errors import (
    UnknownCommand,
    UnknownConnector,
    UnknownEvse,
    UnknownLocation,
    UnknownStation,
)
from stations.models import (
    ChargingStation,
    Connector,
    Evse,
    Location,
    OcppMessage,
    RefusedConnection,
    StationCommand,
    StationConnection,
)


def locations() -> QuerySet[Location]:
    return Location.objects.order_by("name", "pk")


def stations() -> QuerySet[ChargingStation]:
    """Stations with location and connection, by identity."""
    return ChargingStation.objects.select_related("location", "connection").order_by("identity")


def station_by_identity(identity: str, *also: str) -> ChargingStation:
    """With what is `also` related to it. Raises UnknownStation."""
    found = stations().select_related(*also).filter(identity=identity).first()
    if found is None:
        raise UnknownStation(identity=identity)
    return found


def location_by_id(ocpi_id: str) -> Location:
    """Raises UnknownLocation."""
    found = Location.objects.filter(ocpi_id=ocpi_id).first()
    if found is None:
        raise UnknownLocation(location_id=ocpi_id)
    return found


def whole_locations() -> QuerySet[Location]:
    """Locations with all that OCPI's object holds: EVSEs, connectors, their tariffs."""
    return Location.objects.prefetch_related(Prefetch("evses", queryset=whole_evses()))


def whole_stations() -> QuerySet[ChargingStation]:
    """Stations with location, connection and the EVSEs they drive."""
    driven = Evse.objects.filter(removed_at=None).order_by("number")
    return stations().prefetch_related(Prefetch("evses", queryset=driven))


def whole_evses() -> QuerySet[Evse]:
    """EVSEs that were not removed, with station, connection, connectors and their tariffs."""
    return (
        Evse.objects.filter(removed_at=None)
        .select_related("station__connection", "location")
        .prefetch_related("connectors__tariffs__tariff")
        .order_by("uid")
    )


def connectors() -> QuerySet[Connector]:
    """Connectors of EVSEs that were not removed, with their tariffs."""
    return (
        Connector.objects.filter(evse__removed_at=None)
        .select_related("evse__location", "evse__station")
        .prefetch_related("tariffs__tariff")
        .order_by("pk")
    )


def connector_by_key(key: str) -> Connector:
    """By `evse_uid:id`; either may hold a colon. Raises UnknownConnector."""
    parts = key.split(":")
    for at in range(len(parts) - 1, 0, -1):
        uid, ocpi_id = ":".join(parts[:at]), ":".join(parts[at:])
        if found := connectors().filter(evse__uid=uid, ocpi_id=ocpi_id).first():
            return found
    raise UnknownConnector(connector=key)


def evses_of(location: Location) -> QuerySet[Evse]:
    """The EVSEs of a location that were not removed, with station, connection, connectors."""
    return (
        Evse.objects.filter(location=location, removed_at=None)
        .select_related("station__connection", "location")
        .prefetch_related("connectors")
        .order_by("station_id", "number", "uid")
    )


def evses_of_station(station: ChargingStation) -> QuerySet[Evse]:
    """The EVSEs of a station in the order of its own numbers."""
    return (
        Evse.objects.filter(station=station, removed_at=None)
        .select_related("station__connection", "location")
        .prefetch_related("connectors")
        .order_by("number")
    )


def state_of(evse: Evse) -> Shown:
    """The state that people read of an EVSE (its connection should be selected)."""
    connected = evse.station is not None and evse.station.connection.is_connected
    return shown(
        evse.status, evse.availability, is_connected=connected, is_reserved=evse.is_reserved
    )


def evse_by_uid(uid: str) -> Evse:
    """Raises UnknownEvse."""
    found = (
        Evse.objects.filter(uid=uid, removed_at=None)
        .select_related("station__connection", "location")
        .first()
    )
    if found is None:
        raise UnknownEvse(evse_uid=uid)
    return found


def connector_power_w(connector: Connector) -> int:
    return power_w(
        connector.power_type,
        connector.max_voltage,
        connector.max_amperage,
        connector.max_electric_power,
    )


def type_of(evse: Evse) -> ChargeType:
    """Slow, fast or rapid (its connectors should be prefetched)."""
    return charge_type(connector_power_w(connector) for connector in evse.connectors.all())


def present_epochs(station_ids: Iterable[int]) -> dict[int, int]:
    """The epoch of each station's present socket."""
    links = StationConnection.objects.filter(pk__in=set(station_ids))
    return dict(links.values_list("pk", "epoch"))


def command_by_id(command_id: UUID) -> StationCommand:
    """Raises UnknownCommand."""
    found = StationCommand.objects.select_related("station").filter(pk=command_id).first()
    if found is None:
        raise UnknownCommand(command_id=str(command_id))
    return found


def commands_of(station: ChargingStation) -> QuerySet[StationCommand]:
    return (
        StationCommand.objects.filter(station=station)
        .select_related("issued_by")
        .order_by("-created_at", "-pk")
    )


def messages() -> QuerySet[OcppMessage]:
    """The message log, newest first."""
    return OcppMessage.objects.order_by("-at", "-id")


def refusals() -> QuerySet[RefusedConnection]:
    """Connections that were not let in, the latest first."""
    return RefusedConnection.objects.order_by("-last_at", "-pk")


def refused_since(since: datetime) -> int:
    """How many identities were not let in since then."""
    found = RefusedConnection.objects.filter(last_at__gte=since)
    return found.aggregate(count=Count("identity", distinct=True))["count"] or 0
