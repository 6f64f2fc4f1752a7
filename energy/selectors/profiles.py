"""What stations say of charging profiles, and what their connectors can give."""

from energy.domain.profiles import Supply, supply_of
from energy.ports import language_of
from stations.models import ChargingStation, Connector, Evse


def takes_profiles(station: ChargingStation | None) -> bool | None:
    """Whether a station (with its connection) says that it takes charging profiles; None: it
    did not say. Where there is no station, nothing does."""
    if station is None:
        return False
    language = language_of(station.connection.subprotocol)
    return language.abilities(station.configuration).takes_profiles if language else None


def supply_at(evse: Evse) -> Supply | None:
    """That of the EVSE's strongest connector: which one the cable hangs on, 1.6 does not say."""
    return max(map(_supply, evse.connectors.all()), key=lambda one: one.max_w, default=None)


def _supply(connector: Connector) -> Supply:
    return supply_of(
        connector.power_type,
        connector.max_voltage,
        connector.max_amperage,
        connector.max_electric_power,
    )
