"""What stations tell of themselves, in words that no protocol version changes."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct


@dataclass(slots=True)
class StatusReport:
    """The state of an EVSE, or of the whole station (`evse_number` 0)."""

    station_id: int
    epoch: int
    evse_number: int
    status: str
    reported_at: datetime
    error_code: str = ""
    info: str = ""
    vendor_error_code: str = ""


@dataclass(slots=True)
class BootReport:
    """A station started, and what it is."""

    station_id: int
    epoch: int
    booted_at: datetime
    vendor: str
    model: str
    serial_number: str = ""
    firmware_version: str = ""
    iccid: str = ""
    imsi: str = ""
    meter_type: str = ""
    meter_serial_number: str = ""


@dataclass(slots=True)
class DeviceStatusReport:
    """How far a firmware update or an upload of diagnostics has got; None: nothing new."""

    station_id: int
    epoch: int
    firmware_status: str | None = None
    diagnostics_status: str | None = None


class Exchange(Struct, gc=False):
    """A request and its answer, for the message log. `direction` is `in` or `out`."""

    at: datetime
    station_id: int
    direction: str
    action: str
    message_id: str
    request: str
    answer: str | None = None
    answered_at: datetime | None = None
    error_code: str = ""


@dataclass(slots=True)
class QuirkUse:
    """A named repair was needed to understand a station."""

    station_id: int
    name: str
    used_at: datetime


@dataclass(slots=True)
class Seen:
    """A station said something over the socket of this epoch."""

    station_id: int
    epoch: int
    seen_at: datetime


@dataclass(slots=True)
class Disconnection:
    """The socket of this epoch is gone."""

    station_id: int
    epoch: int
    ended_at: datetime
