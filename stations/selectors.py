"""Questions about stations, as querysets ready to render."""

from collections.abc import Iterable

from django.db.models import QuerySet

from stations.domain.charge_type import charge_type, power_w
from stations.domain.shown import Shown, shown
from stations.enums import ChargeType
from stations.errors import UnknownEvse, UnknownStation
from stations.models import (
    ChargingStation,
    Connector,
    Evse,
    Location,
    OcppMessage,
    StationCommand,
    StationConnection,
)


def locations() -> QuerySet[Location]:
    return Location.objects.order_by("name", "pk")


def stations() -> QuerySet[ChargingStation]:
    """Stations with location and connection, by identity."""
    return ChargingStation.objects.select_related("location", "connection").order_by("identity")


def station_by_identity(identity: str) -> ChargingStation:
    """Raises UnknownStation."""
    found = stations().filter(identity=identity).first()
    if found is None:
        raise UnknownStation(identity=identity)
    return found


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
    return shown(evse.status, evse.availability, is_connected=connected)


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


def commands_of(station: ChargingStation) -> QuerySet[StationCommand]:
    return (
        StationCommand.objects.filter(station=station)
        .select_related("issued_by")
        .order_by("-created_at", "-pk")
    )


def messages() -> QuerySet[OcppMessage]:
    """The message log, newest first."""
    return OcppMessage.objects.order_by("-at", "-id")
