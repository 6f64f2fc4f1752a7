"""Which way a battery counts, by what it did when it was told to charge."""

from dataclasses import dataclass

from energy.domain.battery_watch import Bounds
from energy.domain.readings import BatteryReading
from energy.enums import Sign

LEAST_KW, SHARE_OF_RATING = 5.0, 0.1
ROOM = 0.02  # between the state of charge and its bounds
LEAST_SOC_STEP = 0.0005
LEAST_KWH = 0.01
OBEYED = 0.5  # of the power that it was told


class Failed(Exception):
    """The test shows nothing, or what must not be."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What it said before, and after so many seconds."""

    before: BatteryReading
    after: BatteryReading
    seconds: float

    @property
    def moved(self) -> int:
        """1: its content rose, -1: it fell, 0: cannot be seen yet."""
        counted = _grown(self.before.charged_kwh, self.after.charged_kwh) - _grown(
            self.before.discharged_kwh, self.after.discharged_kwh
        )
        step = self.after.soc - self.before.soc
        if abs(step) >= LEAST_SOC_STEP:
            return 1 if step > 0 else -1
        if abs(counted) >= LEAST_KWH:
            return 1 if counted > 0 else -1
        return 0


def probe_kw(bounds: Bounds) -> float:
    """Enough to be seen, little enough to be harmless."""
    return min(max(LEAST_KW, bounds.charge_kw * SHARE_OF_RATING), bounds.charge_kw)


def may_begin(reading: BatteryReading, bounds: Bounds) -> None:
    """Raises Failed: it must be ready and have room both ways, whichever way it goes."""
    if reading.trouble:
        raise Failed(reading.trouble)
    if not bounds.soc_min + ROOM <= reading.soc <= bounds.soc_max - ROOM:
        raise Failed(f"at {reading.soc:.0%} it has no room both ways")


def sign_of(seen: Seen, power_kw: float) -> Sign:
    """How the battery counts, told `-power_kw` (to charge, if it counts as we do). Raises
    Failed."""
    told, does = -power_kw, seen.after.power_kw
    if abs(does) < OBEYED * power_kw:
        raise Failed(f"told {told:g} kW it does {does:.1f} kW")
    if (does > 0) != (told > 0):
        raise Failed("its power and its set-points count in opposite ways; it needs a register map")
    if not seen.moved:
        raise Failed("its state of charge did not move; test it once more, at another time")
    return Sign.AS_OURS if seen.moved > 0 else Sign.TURNED


def _grown(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else after - before
