"""Cars, outlets and the energy that flows between them. Pure; W, Wh, V, A, seconds."""

from dataclasses import dataclass

AC_MINIMUM_A = 6  # IEC 61851-1: below it a car may not draw anything
TAPER_FROM = 0.8  # share of the battery above which a car asks for less
TRICKLE = 0.08  # share of the maximum that it still asks for when nearly full
STEP_S = 20.0


@dataclass(frozen=True, slots=True)
class Outlet:
    """What one EVSE can give. `phases` 0 means DC; `volts` is per phase, or the DC voltage."""

    max_w: int
    phases: int = 3
    volts: int = 230
    fixed_cable: bool = False

    @property
    def is_dc(self) -> bool:
        return self.phases == 0

    def watts(self, amperes: float, phases: int | None = None) -> float:
        """The power of a current (on `phases` phases, by default all of the outlet's)."""
        return amperes * self.volts * (1 if self.is_dc else min(phases or 3, self.phases))


@dataclass(slots=True)
class Car:
    """A battery on wheels. It stops by itself at `target_wh` (the driver's limit, else full)."""

    battery_wh: float
    stored_wh: float
    ac_max_w: int = 11_000
    dc_max_w: int = 100_000
    phases: int = 3
    target_wh: float | None = None

    @property
    def soc_percent(self) -> float:
        return min(100.0, 100.0 * self.stored_wh / self.battery_wh)

    @property
    def room_wh(self) -> float:
        """What still goes in."""
        goal_wh = self.battery_wh if self.target_wh is None else self.target_wh
        return max(0.0, min(goal_wh, self.battery_wh) - self.stored_wh)

    def used_phases(self, outlet: Outlet) -> int:
        return min(self.phases, outlet.phases)

    def appetite_w(self, outlet: Outlet) -> float:
        """What the car would draw here: tapering near full, nothing once it has enough."""
        if self.room_wh <= 0.5:  # noqa: PLR2004 -- half a watt-hour is enough
            return 0.0
        most_w = self.dc_max_w if outlet.is_dc else self.ac_max_w
        if not outlet.is_dc:
            most_w = min(most_w, outlet.max_w * self.used_phases(outlet) // outlet.phases)
        share = self.stored_wh / self.battery_wh
        if outlet.is_dc and share > TAPER_FROM:
            left = (1 - share) / (1 - TAPER_FROM)
            return min(most_w * max(TRICKLE, left), outlet.max_w)
        return float(min(most_w, outlet.max_w))


def power_w(car: Car, outlet: Outlet, limit_w: float | None) -> float:
    """What flows under `limit_w` (none: the outlet's own)."""
    wanted_w = car.appetite_w(outlet)
    if limit_w is None:
        return wanted_w
    allowed_w = max(0.0, limit_w)
    if not outlet.is_dc and allowed_w < outlet.watts(AC_MINIMUM_A, car.used_phases(outlet)):
        return 0.0
    return min(wanted_w, allowed_w)


def charge(car: Car, outlet: Outlet, limit_w: float | None, seconds: float) -> float:
    """Charge for a while; returns the energy in Wh that went into the car."""
    given_wh = 0.0
    while seconds > 0:
        step_s = min(seconds, STEP_S)
        flow_w = power_w(car, outlet, limit_w)
        if flow_w <= 0:
            break
        energy_wh = min(flow_w * step_s / 3600, car.room_wh)
        car.stored_wh += energy_wh
        given_wh += energy_wh
        seconds -= step_s
    return given_wh
