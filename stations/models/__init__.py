"""The CPO's hardware: where it stands, what it is, how it is reached, what was said to it."""

from stations.models.command import StationCommand
from stations.models.evse import Connector, Evse
from stations.models.gateway import Gateway
from stations.models.location import Location
from stations.models.message import OcppMessage
from stations.models.refusal import RefusedConnection
from stations.models.station import ChargingStation, StationConnection, StationQuirk

__all__ = [
    "ChargingStation",
    "Connector",
    "Evse",
    "Gateway",
    "Location",
    "OcppMessage",
    "RefusedConnection",
    "StationCommand",
    "StationConnection",
    "StationQuirk",
]
