"""Questions about energy."""

from energy.ports import language_of
from stations.models import ChargingStation


def takes_profiles(station: ChargingStation | None) -> bool | None:
    """Whether a station (with its connection) says that it takes charging profiles; None: it
    did not say. Where there is no station, nothing does."""
    if station is None:
        return False
    language = language_of(station.connection.subprotocol)
    return language.abilities(station.configuration).takes_profiles if language else None
