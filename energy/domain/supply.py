"""Limits and prices as DSOs and markets say them, and whether that can be.

A fault refuses all that was said with it. A doubt is told to whoever said it, and the rest holds:
a limit of a DSO is worth more than its form.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from statistics import median
from typing import TypeVar

from energy.enums import LimitKind, Phase

MOST_KW = 100_000  # whatever says more than 100 MW has mistaken the unit
AHEAD = timedelta(days=366)
LOOKING_BACK = timedelta(days=7)
LEAST, MOST, USUAL = Decimal(-1), Decimal(5), Decimal(1)  # EUR/kWh; half of a list is below USUAL
GRAIN = Decimal("0.000001")
LIKE_EUR = {"CHF", "EUR", "GBP", "USD"}
PER_EUR = {"CZK": 26, "DKK": 8, "HUF": 420, "ISK": 155, "NOK": 12, "SEK": 12}  # roughly; others 5
OTHERS_PER_EUR = 5
LONGEST_REFERENCE = 255


@dataclass(frozen=True, slots=True)
class Limit:
    """`ends_at` None: until it is changed."""

    kw: float
    starts_at: datetime
    ends_at: datetime | None = None
    kind: LimitKind = LimitKind.IMPORT
    phase: Phase = Phase.ALL
    binding: bool = True


@dataclass(frozen=True, slots=True)
class Price:
    """Per kWh in the list's currency; `firm`: no forecast."""

    starts_at: datetime
    ends_at: datetime
    price_kwh: Decimal
    firm: bool = True


T = TypeVar("T", Limit, Price)


@dataclass(frozen=True, slots=True)
class Checked:
    """What cannot be, and what is odd."""

    faults: list[str]
    doubts: list[str]


def check_limits(limits: Sequence[Limit], now: datetime) -> Checked:
    """Overlaps are doubts (the lowest holds), and so is what is over already."""
    faults = [*_each(limits, lambda one: _limit_fault(one, now))]
    if faults:
        return Checked(faults, [])
    past = [f"{_span(one)}: is in the past" for one in limits if is_over(one, now)]
    overlaps = [
        f"{_span(later)}: overlaps {_span(earlier)}; the lower one holds"
        for kind in LimitKind
        for phase in Phase
        for earlier, later in _overlapping(
            [one for one in limits if (one.kind, one.phase) == (kind, phase)]
        )
    ]
    return Checked([], past + overlaps)


def is_over(limit: Limit, now: datetime) -> bool:
    return limit.ends_at is not None and limit.ends_at <= now


def check_prices(prices: Sequence[Price], currency: str, now: datetime) -> Checked:
    """Overlaps are faults, for nobody could say which price holds; gaps are doubts."""
    scale = _per_eur(currency)
    faults = [*_each(prices, lambda one: _price_fault(one, currency, now))]
    if faults:
        return Checked(faults, [])
    if prices and median(one.price_kwh for one in prices) > USUAL * scale:
        return Checked(
            [f"half of them are above {USUAL * scale} {currency}/kWh: another unit?"], []
        )
    faults = [f"{_span(b)}: overlaps {_span(a)}" for a, b in _overlapping(prices)]
    ordered = sorted(prices, key=lambda one: one.starts_at)
    gaps = [
        f"no price from {a.ends_at.isoformat()} to {b.starts_at.isoformat()}"
        for a, b in pairwise(ordered)
        if a.ends_at < b.starts_at
    ]
    return Checked(faults, gaps)


def _each(said: Sequence[T], fault: Callable[[T], str | None]) -> Iterable[str]:
    for place, one in enumerate(said):
        reason = _time_fault(one) or fault(one)
        if reason:
            yield f"{place}: {reason}"


def _time_fault(one: Limit | Price) -> str | None:
    if one.starts_at.tzinfo is None or (one.ends_at and one.ends_at.tzinfo is None):
        return "times must say their zone: local ones mean nothing when clocks change"
    if one.ends_at is not None and one.ends_at <= one.starts_at:
        return "must end after it starts"
    return None


def _limit_fault(limit: Limit, now: datetime) -> str | None:
    if not isfinite(limit.kw):
        return "kw must be a number"
    if not 0 <= limit.kw <= MOST_KW:
        return f"kw must be from 0 to {MOST_KW}: {limit.kw:g}"
    if limit.starts_at > now + AHEAD:
        return "begins in more than a year"
    return None


def amount_fault(price_kwh: Decimal, currency: str) -> str | None:
    """Why this cannot be the price of a kilowatt-hour; None: it can."""
    if not price_kwh.is_finite():
        return "the price must be a number"
    least, most = (bound * _per_eur(currency) for bound in (LEAST, MOST))
    if not least <= price_kwh <= most:
        return f"the price must be from {least} to {most} per kWh: {price_kwh}"
    return None


def _per_eur(currency: str) -> int:
    return 1 if currency in LIKE_EUR else PER_EUR.get(currency, OTHERS_PER_EUR)


def _price_fault(price: Price, currency: str, now: datetime) -> str | None:
    if fault := amount_fault(price.price_kwh, currency):
        return fault
    if price.ends_at <= now - LOOKING_BACK:
        return "is in the past"
    if price.starts_at > now + AHEAD:
        return "begins in more than a year"
    return None


def _overlapping(said: Sequence[T]) -> list[tuple[T, T]]:
    """Neighbours in time of which the first has not ended when the second begins."""
    ordered = sorted(said, key=lambda one: one.starts_at)
    return [(a, b) for a, b in pairwise(ordered) if a.ends_at is None or b.starts_at < a.ends_at]


def _span(one: Limit | Price) -> str:
    return f"{one.starts_at.isoformat()}/{one.ends_at.isoformat() if one.ends_at else '..'}"
