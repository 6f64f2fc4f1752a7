"""Charging profiles: how fast a session may charge, and from when. Pure, of no OCPP version.

A limit is an upper bound, so whatever is converted is rounded down.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from math import ceil
from typing import Any

from energy.enums import RateUnit
from energy.errors import BadProfile

Json = dict[str, Any]

TENTH = Decimal("0.1")
LARGEST_LIMIT = Decimal(100_000_000)
LARGEST_S = 2**31 - 1
DC = "DC"
GRID_VOLTS, GRID_PHASES = 230, 3
DC_EFFICIENCY = Decimal("0.93")  # of a charger, from the grid to the plug
PHASES = {"AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3}


@dataclass(frozen=True, slots=True)
class Step:
    """From `start_s` seconds after the profile's start on, no faster than `limit`."""

    start_s: int
    limit: Decimal


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """Limits over time. `starts_at` None: it starts with the charging. `duration_s` None: the
    last step holds until the session ends. `min_rate`: below it charging is inefficient."""

    unit: RateUnit
    steps: tuple[Step, ...]
    starts_at: datetime | None = None
    duration_s: int | None = None
    min_rate: Decimal | None = None

    def __post_init__(self) -> None:
        """Raises BadProfile."""
        if not self.steps:
            raise BadProfile("charging_profile_period: at least one")
        _require_order([step.start_s for step in self.steps])
        _require_length(self.duration_s, self.steps[-1].start_s)
        for step in self.steps:
            _require_rate("limit", step.limit)
        if self.min_rate is not None:
            _require_rate("min_charging_rate", self.min_rate)


@dataclass(frozen=True, slots=True)
class ActivePlan:
    """What a station plans for a session, seen from `calculated_at` on."""

    calculated_at: datetime
    profile: ChargingProfile


@dataclass(frozen=True, slots=True)
class Supply:
    """What a connector can give: volts (against neutral), phases, amperes per phase, watts in
    all. Direct current is spoken of in watts, alternating in amperes."""

    volts: int
    phases: int
    max_a: int
    max_w: int
    is_dc: bool


def supply_of(power_type: str, volts: int, amperes: int, watts: int | None) -> Supply:
    """That of a connector, by what OCPI says of it (2.2.1 §8.3.3)."""
    phases = PHASES.get(power_type, 1)
    return Supply(volts, phases, amperes, watts or volts * amperes * phases, is_dc=power_type == DC)


def in_unit(profile: ChargingProfile, unit: RateUnit, supply: Supply) -> ChargingProfile:
    """The same limits in another unit."""
    if profile.unit == unit:
        return profile
    return replace(
        profile,
        unit=unit,
        steps=tuple(
            Step(step.start_s, _converted(step.limit, unit, supply)) for step in profile.steps
        ),
        min_rate=None if profile.min_rate is None else _converted(profile.min_rate, unit, supply),
    )


def unlimited(unit: RateUnit, supply: Supply, duration_s: int) -> ChargingProfile:
    """What holds where no profile does: all that the EVSE can give (OCPI 2.2.1 §14.2.2.2)."""
    most = supply.max_w if unit == RateUnit.WATT else supply.max_a
    return ChargingProfile(unit, (Step(0, Decimal(most)),), duration_s=duration_s)


def steady(unit: RateUnit, limit: Decimal) -> ChargingProfile:
    """One limit for as long as the session lasts."""
    return ChargingProfile(unit, (Step(0, limit),))


def share_profile(share_a: int, supply: Supply | None) -> ChargingProfile:
    """A share of the grid's amperes per phase as a limit: of direct current the power that is
    left of it."""
    if supply is None or not supply.is_dc:
        return steady(RateUnit.AMPERE, Decimal(share_a))
    watts = Decimal(share_a * GRID_VOLTS * GRID_PHASES) * DC_EFFICIENCY
    return steady(RateUnit.WATT, watts.quantize(TENTH, ROUND_DOWN))


def grid_amperes(watts: float, supply: Supply) -> float:
    """What a power at the plug is in amperes of the grid, per phase that it is drawn from."""
    if supply.is_dc:
        return watts / (GRID_VOLTS * GRID_PHASES * float(DC_EFFICIENCY))
    return watts / (supply.volts * supply.phases)


def capped(profile: ChargingProfile, most: Decimal, at: datetime) -> ChargingProfile:
    """The same limits from `at` on, and never more than `most`, before, during and after them."""
    steps = [Step(one.start_s, min(one.limit, most)) for one in profile.steps]
    starts_at = profile.starts_at
    if profile.duration_s is not None:
        steps.append(Step(profile.duration_s, most))
    if starts_at is not None and starts_at > at:
        later_s = ceil((starts_at - at).total_seconds())
        steps = [Step(0, most), *(Step(one.start_s + later_s, one.limit) for one in steps)]
        starts_at = at
    return replace(profile, steps=tuple(steps), starts_at=starts_at, duration_s=None)


def limit_at(profile: ChargingProfile, at: datetime, began_at: datetime) -> Decimal | None:
    """The limit that holds then, for a session that began at `began_at`; None: there is none."""
    offset_s = (at - (profile.starts_at or began_at)).total_seconds()
    if offset_s < 0 or (profile.duration_s is not None and offset_s >= profile.duration_s):
        return None
    return [one.limit for one in profile.steps if one.start_s <= offset_s][-1]


def as_json(profile: ChargingProfile) -> Json:
    return {
        "unit": str(profile.unit),
        "steps": [[one.start_s, str(one.limit)] for one in profile.steps],
        "starts_at": profile.starts_at and profile.starts_at.isoformat(),
        "duration_s": profile.duration_s,
        "min_rate": None if profile.min_rate is None else str(profile.min_rate),
    }


def from_json(kept: Json) -> ChargingProfile:
    """What `as_json` made."""
    return ChargingProfile(
        RateUnit(kept["unit"]),
        tuple(Step(start_s, Decimal(limit)) for start_s, limit in kept["steps"]),
        kept["starts_at"] and datetime.fromisoformat(kept["starts_at"]),
        kept["duration_s"],
        None if kept["min_rate"] is None else Decimal(kept["min_rate"]),
    )


def _converted(rate: Decimal, unit: RateUnit, supply: Supply) -> Decimal:
    factor = supply.volts * supply.phases
    other = rate * factor if unit == RateUnit.WATT else rate / factor
    return other.quantize(TENTH, ROUND_DOWN)


def _require_order(starts: Sequence[int]) -> None:
    if starts[0] != 0:
        raise BadProfile("charging_profile_period: the first starts at 0")
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise BadProfile("charging_profile_period: each starts after the one before")
    if starts[-1] > LARGEST_S:
        raise BadProfile("start_period: too large")


def _require_length(duration_s: int | None, last_start_s: int) -> None:
    if duration_s is None:
        return
    if not last_start_s < duration_s <= LARGEST_S:
        raise BadProfile("duration: seconds, longer than until the last period starts")


def _require_rate(name: str, rate: Decimal) -> None:
    if not 0 <= rate <= LARGEST_LIMIT:
        raise BadProfile(f"{name}: from 0 to {LARGEST_LIMIT}")
    if rate != rate.quantize(TENTH):
        raise BadProfile(f"{name}: at most one digit after the point")
