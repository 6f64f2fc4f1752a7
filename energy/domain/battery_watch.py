"""Whether a battery can be trusted, and what it may be told.

A `Watch` follows one battery's readings. It is out of the plan until they were healthy for a
while; what may be commanded is a pure question of the last reading. Power in kW, positive:
discharge, in our counting.
"""

from dataclasses import dataclass
from datetime import datetime

from energy.domain.readings import BatteryReading, Ratings
from energy.enums import OutOfPlan, Sign

REVERTS_S = 60  # after which a battery that is told nothing more rests by itself
MOST_MISSES = 3
HEALTHY_AGAIN = 3  # readings in a row
TRUSTED_AGAIN = 12  # after it lied: a minute of readings
SOC_NOISE = 0.02
OVER_RATED = 1.5  # what a battery may do beyond what it says, before we call it a lie
RAMP_PER_S = 0.1  # of its rating
S_PER_H = 3600


@dataclass(frozen=True, slots=True)
class Bounds:
    """What we know of a battery."""

    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    soc_min: float
    soc_max: float
    sign: Sign

    def within(self, rated: Ratings) -> "Bounds":
        """No more than the device says that it can."""
        return Bounds(
            self.capacity_kwh,
            min(self.charge_kw, rated.charge_kw or self.charge_kw),
            min(self.discharge_kw, rated.discharge_kw or self.discharge_kw),
            self.soc_min,
            self.soc_max,
            self.sign,
        )


@dataclass(frozen=True, slots=True)
class Permit:
    """The power that may be commanded; `why`: the reason where it is not what was wanted."""

    power_kw: float
    why: str = ""


class Watch:
    """The health of one battery."""

    def __init__(self) -> None:
        self.reason: OutOfPlan | None = OutOfPlan.NOT_READ
        self.note = ""
        self._misses = 0
        self._good = 0
        self._needed = 1
        self._last: tuple[BatteryReading, datetime] | None = None

    def missed(self, reason: OutOfPlan, note: str) -> None:
        """It gave no reading, or none that can be: a few times in a row, and it is out."""
        self._misses += 1
        self._good = 0
        if self._misses >= MOST_MISSES or reason == OutOfPlan.NOT_ALLOWED:
            self._out(reason, note, HEALTHY_AGAIN)

    def took(self, reading: BatteryReading, bounds: Bounds, at: datetime) -> None:
        """It gave a reading, which may be one that cannot follow the last."""
        self._misses = 0
        jump = self._jump(reading, bounds, at)
        self._last = (reading, at)
        if jump:
            self._good = 0
            self._out(OutOfPlan.SOC_JUMPS, jump, TRUSTED_AGAIN)
        elif reading.trouble:
            self._good = 0
            self._out(OutOfPlan.NOT_READY, reading.trouble, HEALTHY_AGAIN)
        else:
            self._good += 1
            if self._good >= self._needed:
                self.reason, self.note, self._needed = None, "", 1
        if self.reason in (None, OutOfPlan.UNTESTED):
            self.reason = OutOfPlan.UNTESTED if bounds.sign == Sign.UNTESTED else None

    def _out(self, reason: OutOfPlan, note: str, needed: int) -> None:
        self.reason, self.note = reason, note
        self._needed = max(self._needed, needed)

    def _jump(self, reading: BatteryReading, bounds: Bounds, at: datetime) -> str:
        if self._last is None:
            return ""
        before, since = self._last
        hours = max((at - since).total_seconds(), 0) / S_PER_H
        most_kw = max(bounds.charge_kw, bounds.discharge_kw) * OVER_RATED
        possible = most_kw * hours / bounds.capacity_kwh + SOC_NOISE
        if abs(reading.soc - before.soc) <= possible:
            return ""
        return f"from {before.soc:.0%} to {reading.soc:.0%} within {(at - since).seconds} s"


def permitted(
    bounds: Bounds,
    reading: BatteryReading,
    *,
    wanted_kw: float,
    now_kw: float,
    seconds: float,
) -> Permit:
    """What a healthy battery may be told: within its rating, its bounds of charge, and a ramp
    from what it was told last (`now_kw`, `seconds` ago)."""
    power = min(max(wanted_kw, -bounds.charge_kw), bounds.discharge_kw)
    why = "" if power == wanted_kw else "beyond its rating"
    if power > 0 and reading.soc <= bounds.soc_min:
        power, why = 0.0, "it is as empty as it may get"
    elif power < 0 and reading.soc >= bounds.soc_max:
        power, why = 0.0, "it is as full as it may get"
    step = max(bounds.charge_kw, bounds.discharge_kw) * RAMP_PER_S * seconds
    ramped = min(max(power, now_kw - step), now_kw + step)
    return Permit(ramped, why)
