"""What a station's main meter says, from the sampled values of its connector 0. Measurands have
the same names in each version of OCPP. What came beside the usual ones (exports, the inlet of the
station) is kept word for word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

THOUSANDS = ("kWh", "kW")
PHASES = ("L1", "L2", "L3")
MOST_KWH = 1e12
IN, OUT = "Energy.Active.Import.Register", "Energy.Active.Export.Register"
POWER_IN, POWER_OUT = "Power.Active.Import", "Power.Active.Export"

Sample = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MainReading:
    """At an instant: counters in kWh (what came in, what went out) and power in kW, inwards
    positive. None: not said."""

    at: datetime
    counters: tuple[float, float] | None
    power_kw: float | None

    def turned(self) -> "MainReading":
        """As of a meter that counts the other way."""
        counters = self.counters and (self.counters[1], self.counters[0])
        return MainReading(self.at, counters, None if self.power_kw is None else -self.power_kw)


def main_reading(
    at: datetime, energy_wh: int | None, power_w: int | None, others: Sequence[Sample] | None
) -> MainReading:
    """Of one set of sampled values; a counter that cannot be is none."""
    rest = others or []
    came = _thousandth(energy_wh) if energy_wh is not None else _said(rest, IN)
    went = _said(rest, OUT) or 0.0
    power = _thousandth(power_w) if power_w is not None else _said(rest, POWER_IN)
    given = _said(rest, POWER_OUT)
    if given is not None:
        power = (power or 0.0) - given
    if came is None or not (0 <= came <= MOST_KWH and 0 <= went <= MOST_KWH):
        return MainReading(at, None, power)
    return MainReading(at, (came, went), power)


def _said(samples: Sequence[Sample], measurand: str) -> float | None:
    """The total, else the sum of the phases, in kWh or kW."""
    found = [one for one in samples if one.get("measurand", IN) == measurand]
    total = [one for one in found if one.get("phase") is None]
    by_phase = [one for one in found if str(one.get("phase")).removesuffix("-N") in PHASES]
    numbers = [_number(one) for one in (total[:1] or by_phase)]
    known = [one for one in numbers if one is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _number(sample: Sample) -> float | None:
    if sample.get("format", "Raw") != "Raw":
        return None
    try:
        value = float(str(sample.get("value")))
    except ValueError:
        return None
    if not isfinite(value):
        return None
    return value if sample.get("unit") in THOUSANDS else _thousandth(value)


def _thousandth(value: float) -> float:
    return value / 1000
