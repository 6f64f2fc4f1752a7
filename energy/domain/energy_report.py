"""The energy sources report: from traced quarter-hours to figures that add up as they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from energy.domain.tracing import NOTHING, UNKNOWN, Amount, Mix, Traced

G_PER_KG = 1000
KWH, MONEY, KG = Decimal("0.001"), Decimal("0.01"), Decimal("0.001")
NOT_KNOWN = "Not known"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Of one source: all that was used of it, and what of that reached vehicles or was lost.
    `cost`, `co2_kg` None: nothing says what a kWh of it costs, or causes."""

    source: str
    kwh: Decimal
    to_vehicles_kwh: Decimal
    losses_kwh: Decimal
    cost: Decimal | None
    co2_kg: Decimal | None


@dataclass(frozen=True, slots=True)
class Report:
    """`kwh` of all lines together is `ev_kwh` and `losses_kwh`, digit for digit. `course`: kWh
    to vehicles in each quarter of an hour, by source."""

    location_id: str
    period: str
    currency: str
    lines: Sequence[SourceLine]
    notes: Sequence[str]
    begins: datetime
    course: Sequence[Mapping[str, float]]

    @property
    def ev_kwh(self) -> Decimal:
        return sum((line.to_vehicles_kwh for line in self.lines), Decimal(0))

    @property
    def losses_kwh(self) -> Decimal:
        return sum((line.losses_kwh for line in self.lines), Decimal(0))

    @property
    def kwh(self) -> Decimal:
        return self.ev_kwh + self.losses_kwh

    @property
    def cost(self) -> Decimal | None:
        """Of what has a price."""
        known = [line.cost for line in self.lines if line.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def co2_kg(self) -> Decimal | None:
        known = [line.co2_kg for line in self.lines if line.co2_kg is not None]
        return sum(known, Decimal(0)) if known else None

    def kwh_by_line(self, mix: Mapping[str, float]) -> list[float]:
        """Of one quarter of an hour, in the order of the lines."""
        return [
            mix.get(UNKNOWN if line.source == NOT_KNOWN else line.source, 0.0)
            for line in self.lines
        ]

    @property
    def estimated(self) -> bool:
        return bool(self.notes)


def lines_of(
    traced: Sequence[Traced],
    origins: Sequence[str],
    priced: frozenset[str],
    weighed: frozenset[str],
) -> list[SourceLine]:
    """A line for each origin, and for what is of none. `priced`, `weighed`: those whose cost and
    CO2 are known."""
    vehicles, lost = _sums(one.to_vehicles for one in traced), _sums(one.lost for one in traced)
    named = [(origin, origin) for origin in origins]
    if any(UNKNOWN in mix and mix[UNKNOWN].kwh >= float(KWH) for mix in (vehicles, lost)):
        named.append((UNKNOWN, NOT_KNOWN))
    return [
        _line(name, vehicles.get(origin, NOTHING), lost.get(origin, NOTHING),
              has_cost=origin in priced, has_co2=origin in weighed)
        for origin, name in named
    ]  # fmt: skip


def _line(
    name: str, vehicles: Amount, lost: Amount, *, has_cost: bool, has_co2: bool
) -> SourceLine:
    both = vehicles + lost
    reached, gone = _rounded(vehicles.kwh, KWH), _rounded(lost.kwh, KWH)
    return SourceLine(
        source=name,
        kwh=reached + gone,
        to_vehicles_kwh=reached,
        losses_kwh=gone,
        cost=_rounded(both.cost, MONEY) if has_cost else None,
        co2_kg=_rounded(both.co2_g / G_PER_KG, KG) if has_co2 else None,
    )


def _sums(mixes: object) -> Mix:
    found: dict[str, list[float]] = {}
    for mix in mixes:  # type: ignore[attr-defined]
        for origin, amount in mix.items():
            sums = found.setdefault(origin, [0.0, 0.0, 0.0])
            sums[0] += amount.kwh
            sums[1] += amount.cost
            sums[2] += amount.co2_g
    return {origin: Amount(*sums) for origin, sums in found.items()}


def _rounded(number: float, step: Decimal) -> Decimal:
    return Decimal(number).quantize(step)
