"""News of stations, told after COMMIT."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CommandIssued:
    """A command waits for its station. `gateway` names the process that holds the socket."""

    command_id: UUID
    station_id: int
    gateway: str


@dataclass(frozen=True, slots=True)
class CommandSettled:
    """A command has its outcome."""

    command_id: UUID
    station_id: int
    action: str
    status: str


@dataclass(frozen=True, slots=True)
class EvseStatusChanged:
    """A station reported another status of an EVSE."""

    evse_id: int
    station_id: int
    location_id: int
    status: str


@dataclass(frozen=True, slots=True)
class StationConnected:
    station_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class StationDisconnected:
    station_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class StationBooted:
    """A station said BootNotification: whatever it held in memory may be gone.
    `is_out_of_service`: it, or one of its EVSEs, should be Inoperative."""

    station_id: int
    location_id: int
    is_out_of_service: bool


@dataclass(frozen=True, slots=True)
class LocationChanged:
    """Static information of a location, its EVSEs or connectors changed."""

    location_id: int
