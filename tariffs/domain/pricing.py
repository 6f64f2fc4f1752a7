"""Price a session by an OCPI tariff: the one engine behind running cost, CDR and preview.

`matching` says what prices each piece of a session; here the pieces become a bill. Sums are
exact; money is rounded by who shows or stores it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tariffs.domain.matching import RESERVATION_FLAT, RESERVATION_TIME, Chosen, pieces
from tariffs.domain.model import (
    ENERGY,
    FLAT,
    PARKING_TIME,
    TIME,
    UNIT,
    PriceComponent,
    Tariff,
)
from tariffs.domain.steps import whole_steps
from tariffs.domain.taxes import before_and_with, limited
from tariffs.domain.usage import ZERO, Period, Usage

STEPPED = ((ENERGY,), (PARKING_TIME, TIME), (RESERVATION_TIME,))
FEES = (FLAT, RESERVATION_FLAT)
CENT_FRACTION = Decimal("0.0001")
ONCE = Decimal(1)
NOTHING = Fraction(0)


@dataclass(slots=True)
class Line:
    """What one component bills: `role` is its dimension, or the reservation's; `volume` in Wh
    or seconds after step_size, or 1; money before VAT and with it, exact."""

    role: str
    component: PriceComponent
    volume: Decimal = ZERO
    excl_vat: Fraction = NOTHING
    incl_vat: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class PricedPeriod:
    """Consecutive pieces that the same components price (an OCPI ChargingPeriod), and between
    which limits the car charged."""

    period: Period
    power_kw: tuple[Decimal, Decimal]
    current_a: tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Price:
    """Money before and with VAT (None where no component states VAT), not rounded."""

    currency: str
    excl_vat: Decimal
    incl_vat: Decimal | None
    lines: Sequence[Line]
    periods: Sequence[PricedPeriod]

    def billed(self, role: str) -> Decimal:
        """Wh or seconds after step_size."""
        return sum((line.volume for line in self.lines if line.role == role), start=ZERO)

    def cost_of(self, *roles: str) -> tuple[Decimal, Decimal | None] | None:
        """Before and with VAT; None where nothing was priced in such a role."""
        lines = [line for line in self.lines if line.role in roles]
        if not lines:
            return None
        excl, incl = _sums(lines)
        return excl, None if self.incl_vat is None else incl


def price(tariff: Tariff, usage: Usage) -> Price:
    """What a session costs. Whether the tariff was the one that held is asked before: the tariff
    of a session is fixed at its start, whatever comes later."""
    bill = _Bill()
    for part, chosen in pieces(tariff, usage):
        bill.add(part, chosen)
    bill.round_to_steps()
    for line in bill.lines:
        volume = Fraction(line.volume) / Fraction(UNIT[line.component.dimension])
        line.excl_vat, line.incl_vat = before_and_with(
            line.component,
            Fraction(line.component.price) * volume,
            includes_tax=tariff.includes_tax,
        )
    excl, with_vat = _sums(bill.lines)
    incl = with_vat if tariff.states_vat else None
    if any(period.is_charging_session for period in usage.periods):
        excl, incl = limited(tariff, excl, incl)
    return Price(tariff.currency, excl, incl, bill.lines, bill.periods)


def rounded(amount: Decimal) -> Decimal:
    """As it is stored and sent: four decimals. Invoices round to the currency's unit."""
    return amount.quantize(CENT_FRACTION, ROUND_HALF_UP)


@dataclass(slots=True)
class _Bill:
    """Lines and periods as the pieces come; `last` is the line that each role billed last."""

    lines: list[Line] = field(default_factory=list)
    periods: list[PricedPeriod] = field(default_factory=list)
    last: dict[str, Line] = field(default_factory=dict)
    _chosen: Chosen | None = None

    def add(self, part: Period, chosen: Chosen) -> None:
        for role, volume in (
            (ENERGY, part.energy_wh),
            (TIME, part.charging_s),
            (PARKING_TIME, part.parking_s),
            (RESERVATION_TIME, part.reserved_s),
        ):
            if volume and role in chosen:
                line = self._line(role, chosen[role])
                line.volume += volume
                self.last[role] = line
        for role in FEES:  # once per session, once per reservation
            if role in chosen and role not in self.last:
                self.last[role] = self._line(role, chosen[role])
                self.last[role].volume = ONCE
        self._add_period(part, chosen)

    def round_to_steps(self) -> None:
        """Let the last component of each total bear what rounding adds."""
        for roles in STEPPED:
            role = next((role for role in roles if role in self.last), None)
            if role is not None:
                total = sum((one.volume for one in self.lines if one.role == role), start=ZERO)
                line = self.last[role]
                line.volume += whole_steps(total, line.component.step_size) - total

    def _line(self, role: str, component: PriceComponent) -> Line:
        for line in self.lines:
            if line.component is component and line.role == role:
                return line
        self.lines.append(Line(role, component))
        return self.lines[-1]

    def _add_period(self, part: Period, chosen: Chosen) -> None:
        if self.periods and self._chosen == chosen and _alike(self.periods[-1].period, part):
            self.periods[-1] = _joined(self.periods[-1], part)
        else:
            load = (part.power_kw, part.power_kw), (part.current_a, part.current_a)
            self.periods.append(PricedPeriod(part, *load))
        self._chosen = chosen


def _alike(one: Period, other: Period) -> bool:
    """Whether the car charges in both or in neither, and both are of the same stage."""
    return (
        bool(one.charging_s) == bool(other.charging_s)
        and bool(one.parking_s) == bool(other.parking_s)
        and one.is_charging_session == other.is_charging_session
    )


def _joined(before: PricedPeriod, part: Period) -> PricedPeriod:
    first = before.period
    whole = replace(
        first,
        ends_at=part.ends_at,
        energy_wh=first.energy_wh + part.energy_wh,
        charging_s=first.charging_s + part.charging_s,
        parking_s=first.parking_s + part.parking_s,
        reserved_s=first.reserved_s + part.reserved_s,
    )
    return PricedPeriod(
        whole,
        (min(before.power_kw[0], part.power_kw), max(before.power_kw[1], part.power_kw)),
        (min(before.current_a[0], part.current_a), max(before.current_a[1], part.current_a)),
    )


def _sums(lines: Iterable[Line]) -> tuple[Decimal, Decimal]:
    lines = list(lines)
    excl = sum((line.excl_vat for line in lines), start=NOTHING)
    incl = sum((line.incl_vat for line in lines), start=NOTHING)
    return _decimal(excl), _decimal(incl)


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)
