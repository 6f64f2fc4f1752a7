"""The hot requests of a 1.6 station as typed structs: decoding is validating.

Each accepts what the JSON schema of its request accepts (a test holds them together), and
demands what a column can hold: times with a zone and numbers of 64 bits. What does not fit goes
to `repairs`.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Text20 = Annotated[str, Meta(max_length=20)]
Text25 = Annotated[str, Meta(max_length=25)]
Text50 = Annotated[str, Meta(max_length=50)]
Text255 = Annotated[str, Meta(max_length=255)]
Instant = Annotated[datetime, Meta(tz=True)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what a column can hold

ChargePointStatus = Literal[
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
]
ErrorCode = Literal[
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "LocalListConflict",
    "NoError",
    "OtherError",
    "OverCurrentFailure",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "UnderVoltage",
    "OverVoltage",
    "WeakSignal",
]
StopReason = Literal[
    "EmergencyStop",
    "EVDisconnected",
    "HardReset",
    "Local",
    "Other",
    "PowerLoss",
    "Reboot",
    "Remote",
    "SoftReset",
    "UnlockCommand",
    "DeAuthorized",
]
Context = Literal[
    "Interruption.Begin",
    "Interruption.End",
    "Sample.Clock",
    "Sample.Periodic",
    "Transaction.Begin",
    "Transaction.End",
    "Trigger",
    "Other",
]
Measurand = Literal[
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Active.Export.Interval",
    "Energy.Active.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Offered",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "Power.Factor",
    "Current.Import",
    "Current.Export",
    "Current.Offered",
    "Voltage",
    "Frequency",
    "Temperature",
    "SoC",
    "RPM",
]
Phase = Literal["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"]
Place = Literal["Cable", "EV", "Inlet", "Outlet", "Body"]
Unit = Literal[
    "Wh",
    "kWh",
    "varh",
    "kvarh",
    "W",
    "kW",
    "VA",
    "kVA",
    "var",
    "kvar",
    "A",
    "V",
    "K",
    "Celcius",
    "Celsius",
    "Fahrenheit",
    "Percent",
    "Hertz",
]


class Request(Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A request's payload; names are the wire's, in snake case."""


class Heartbeat(Request, frozen=True):
    """§6.29."""


class Authorize(Request, frozen=True):
    """§6.1."""

    id_tag: Text20


class BootNotification(Request, frozen=True):
    """§6.3."""

    charge_point_vendor: Text20
    charge_point_model: Text20
    charge_point_serial_number: Text25 = ""
    charge_box_serial_number: Text25 = ""
    firmware_version: Text50 = ""
    iccid: Text20 = ""
    imsi: Text20 = ""
    meter_type: Text25 = ""
    meter_serial_number: Text25 = ""


class StatusNotification(Request, frozen=True):
    """§6.47."""

    connector_id: Whole
    error_code: ErrorCode
    status: ChargePointStatus
    info: Text50 = ""
    timestamp: Instant | None = None
    vendor_id: Text255 = ""
    vendor_error_code: Text50 = ""


class SampledValue(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """§7.43. The defaults are the specification's."""

    value: str
    context: Context = "Sample.Periodic"
    format: Literal["Raw", "SignedData"] = "Raw"
    measurand: Measurand = "Energy.Active.Import.Register"
    phase: Phase | None = None
    location: Place = "Outlet"
    unit: Unit | None = None


class MeterValue(Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """§7.33. The schema of StopTransaction lets it be without samples."""

    timestamp: Instant
    sampled_value: list[SampledValue]


class FilledMeterValue(MeterValue, rename="camel", forbid_unknown_fields=True, frozen=True):
    """As MeterValues demands it."""

    sampled_value: Annotated[list[SampledValue], Meta(min_length=1)]


class MeterValues(Request, frozen=True):
    """§6.31."""

    connector_id: Whole
    meter_value: Annotated[list[FilledMeterValue], Meta(min_length=1)]
    transaction_id: Whole | None = None


class StartTransaction(Request, frozen=True):
    """§6.45."""

    connector_id: Whole
    id_tag: Text20
    meter_start: Whole
    timestamp: Instant
    reservation_id: Whole | None = None


class StopTransaction(Request, frozen=True):
    """§6.49."""

    meter_stop: Whole
    timestamp: Instant
    transaction_id: Whole
    id_tag: Text20 = ""
    reason: StopReason = "Local"
    transaction_data: list[MeterValue] = []
