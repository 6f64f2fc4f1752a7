"""Where each kilowatt-hour that vehicles took came from, also through the battery.

A battery mixes: what is in it carries its origins, with what it cost and the CO2 that it caused,
as an inventory by weighted average. Losses are booked to the origin of what was lost. Energy in
kWh, money in the contracts' currency, CO2 in grams.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNKNOWN = ""  # what was in the battery before, or what no meter saw come in


@dataclass(frozen=True, slots=True)
class Amount:
    """An energy with its cost and its CO2."""

    kwh: float = 0.0
    cost: float = 0.0
    co2_g: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.kwh + other.kwh, self.cost + other.cost, self.co2_g + other.co2_g)

    def __mul__(self, share: float) -> "Amount":
        return Amount(self.kwh * share, self.cost * share, self.co2_g * share)


Mix = dict[str, Amount]
NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of an hour: what came in from each source (photovoltaics among them), what the
    battery took and gave, what vehicles took, what went out to the grid."""

    inflow: Mapping[str, Amount]
    charged: float = 0.0
    discharged: float = 0.0
    vehicles: float = 0.0
    exported: float = 0.0


@dataclass(slots=True)
class Traced:
    """What became of it, by origin: what vehicles got, what was lost or used by the site itself,
    and what went out again."""

    to_vehicles: Mix = field(default_factory=dict)
    lost: Mix = field(default_factory=dict)
    exported: Mix = field(default_factory=dict)


class Tracer:
    """Follows one location through time. `efficiency` is one way. `stock`: what is in the
    battery now, by origin."""

    def __init__(self, efficiency: float, stock: Mix | None = None) -> None:
        self._efficiency = efficiency
        self.stock: Mix = dict(stock or {})

    def trace(self, quarter: Quarter) -> Traced:
        """One quarter of an hour further."""
        found = Traced()
        direct = self._charge(quarter, found)
        delivered = _sum(direct, self._discharge(quarter.discharged, found))
        found.exported, rest = _split(delivered, quarter.exported)
        found.to_vehicles, own_use = _split(rest, quarter.vehicles)
        found.lost = _sum(found.lost, own_use)
        return found

    def _charge(self, quarter: Quarter, found: Traced) -> Mix:
        """Put into the battery what it took of the mix that came in; what is left of the mix."""
        taken, left = _split(quarter.inflow, quarter.charged)
        stored = _scaled(taken, self._efficiency)
        self.stock = _sum(self.stock, stored)
        found.lost = _sum(found.lost, _scaled(taken, 1 - self._efficiency))
        return left

    def _discharge(self, discharged: float, found: Traced) -> Mix:
        removed, self.stock = _split(self.stock, discharged / self._efficiency)
        found.lost = _sum(found.lost, _scaled(removed, 1 - self._efficiency))
        return _scaled(removed, self._efficiency)


def trace_all(tracer: Tracer, course: Sequence[Quarter]) -> list[Traced]:
    return [tracer.trace(quarter) for quarter in course]


def total(mix: Mapping[str, Amount]) -> Amount:
    return sum(mix.values(), NOTHING)


def _split(mix: Mapping[str, Amount], kwh: float) -> tuple[Mix, Mix]:
    """So much of the mix, and the rest of it. What the mix does not hold is of unknown origin."""
    held = sum(amount.kwh for amount in mix.values())
    if kwh <= 0:
        return {}, dict(mix)
    share = min(kwh / held, 1.0) if held > 0 else 0.0
    part = _scaled(mix, share)
    if kwh > held:
        part = _sum(part, {UNKNOWN: Amount(kwh - max(held, 0.0))})
    return part, _scaled(mix, 1 - share)


def _scaled(mix: Mapping[str, Amount], share: float) -> Mix:
    return {origin: amount * share for origin, amount in mix.items()} if share > 0 else {}


def _sum(one: Mapping[str, Amount], other: Mapping[str, Amount]) -> Mix:
    found = dict(one)
    for origin, amount in other.items():
        found[origin] = found.get(origin, NOTHING) + amount
    return found
