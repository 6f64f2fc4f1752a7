"""Tariffs and sessions for properties: any that the door lets in, on a grid that people use.

Whole seconds, watt-hours and cents: what holds there holds for all that stations and operators
write, and no property turns on the last digit of a division.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tariffs.domain.model import (
    ENERGY,
    FLAT,
    NONE,
    PARKING_TIME,
    TIME,
    Element,
    PriceComponent,
    Tariff,
)
from tariffs.domain.reading import WEEKDAYS
from tariffs.domain.usage import ZERO, Period, Usage

ZONES = ["Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "UTC"]
SPRING, AUTUMN = datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)

cents = st.integers(0, 500).map(lambda n: Decimal(n).scaleb(-2))
steps = st.sampled_from([0, 1, 7, 60, 300, 1000])
vats = st.sampled_from([None, Decimal(0), Decimal("5.2"), Decimal(21)])


@st.composite
def periods_of_sessions(draw, most=4):
    """Periods in order without a gap; each charges, parks or does both."""
    at = draw(st.sampled_from([SPRING, AUTUMN])) + timedelta(minutes=draw(st.integers(0, 600)))
    periods = []
    for _ in range(draw(st.integers(1, most))):
        length = draw(st.integers(60, 30_000))
        charging = draw(st.sampled_from([length, 0, length // 2]))
        energy = draw(st.integers(0, 40_000)) if charging else 0
        periods.append(
            Period(
                starts_at=at,
                ends_at=at + timedelta(seconds=length),
                energy_wh=Decimal(energy),
                charging_s=Decimal(charging),
                parking_s=Decimal(length - charging),
                power_kw=Decimal(draw(st.integers(0, 150))) if charging else ZERO,
                current_a=Decimal(draw(st.integers(0, 96))) if charging else ZERO,
            )
        )
        at += timedelta(seconds=length)
    return periods


@st.composite
def usages(draw):
    periods = draw(periods_of_sessions())
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Usage(zone, periods[0].starts_at, periods[-1].ends_at, periods)


def components(dimensions=(ENERGY, TIME, PARKING_TIME, FLAT), step_sizes=steps):
    def of(dimension):
        return st.builds(PriceComponent, st.just(dimension), cents, step_sizes, vats)

    chosen = st.lists(st.sampled_from(dimensions), min_size=1, unique=True)
    return chosen.flatmap(lambda names: st.tuples(*[of(name) for name in names]))


@st.composite
def restrictions(draw):
    def pair(low, high):
        least = draw(st.none() | st.integers(low, high))
        most = draw(st.none() | st.integers((least or low) + 1, high + 1))
        return least, most

    said = NONE
    if draw(st.booleans()):
        clock = st.none() | st.times()
        begin, end = (draw(clock.map(_to_the_minute)) for _ in range(2))
        if begin != end:
            said = replace(said, from_time=begin, until_time=end)
    if draw(st.booleans()):
        days = st.frozensets(st.integers(0, len(WEEKDAYS) - 1), min_size=1)
        said = replace(said, weekdays=draw(days))
    if draw(st.booleans()):
        least, most = pair(0, 60_000)
        said = replace(said, min_wh=_number(least), max_wh=_number(most))
    if draw(st.booleans()):
        least, most = pair(0, 60_000)
        said = replace(said, min_duration_s=least, max_duration_s=most)
    if draw(st.booleans()):
        least, most = pair(0, 150)
        said = replace(said, min_power_kw=_number(least), max_power_kw=_number(most))
    return said


def _to_the_minute(at):
    return at and at.replace(second=0, microsecond=0)


def _number(value):
    return None if value is None else Decimal(value)


@st.composite
def tariffs(draw, said=None, parts=None):
    """Of elements with any restrictions and components, or those that are given."""
    said = restrictions() if said is None else said
    parts = components() if parts is None else parts
    elements = draw(st.lists(st.builds(Element, parts, said), min_size=1, max_size=4))
    return Tariff("T", "EUR", tuple(elements))


def free_of_restrictions():
    return tariffs(st.just(NONE))
