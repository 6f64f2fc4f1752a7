"""What a battery or a meter says at one moment, whatever protocol it says it in."""

from dataclasses import dataclass


class Nonsense(ValueError):
    """A device says what cannot be, or leaves out what must be there."""


@dataclass(frozen=True, slots=True)
class BatteryReading:
    """Power in kW as the device counts it. `trouble`: why it must not be commanded now; empty:
    it may. The counters, in kWh, where it has them."""

    soc: float
    power_kw: float
    energy_kwh: float | None = None
    trouble: str = ""
    charged_kwh: float | None = None
    discharged_kwh: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.soc <= 1:
            raise Nonsense(f"a state of charge of {self.soc:.0%}")


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Power in kW, positive into the site: what a supply brings, what photovoltaics make.
    Counters in kWh, where the device has them."""

    power_kw: float
    import_kwh: float | None = None
    export_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class Ratings:
    """What a device says that it can, in kW; None: it does not say."""

    charge_kw: float | None = None
    discharge_kw: float | None = None
