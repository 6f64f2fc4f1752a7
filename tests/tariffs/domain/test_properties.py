"""What holds for every tariff and every session."""

import itertools
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, reject
from hypothesis import strategies as st

from cpms.kernel.errors import Invalid
from tariffs.domain.charging_periods import usage_of
from tariffs.domain.model import ENERGY, FLAT, PARKING_TIME, TIME, Element, PriceLimit, Restrictions
from tariffs.domain.pricing import price
from tariffs.domain.reading import tariff_of
from tariffs.domain.steps import NOISE, whole_steps
from tariffs.domain.usage import ZERO, Usage, seconds
from tests.tariffs.domain import documents
from tests.tariffs.domain.sessions import (
    cents,
    components,
    free_of_restrictions,
    periods_of_sessions,
    tariffs,
    usages,
)

CLOSE = Decimal("0.00001")  # of money: what microseconds and millionths of a Wh make


def split(period, share):
    """Two halves that add up to the period, cut at a whole second."""
    length = int(seconds(period.length))
    cut = max(1, min(length - 1, round(length * share)))
    part = Decimal(cut) / length
    first = replace(
        period,
        ends_at=period.starts_at + timedelta(seconds=cut),
        energy_wh=period.energy_wh * part,
        charging_s=period.charging_s * part,
        parking_s=period.parking_s * part,
    )
    second = replace(
        period,
        starts_at=first.ends_at,
        energy_wh=period.energy_wh - first.energy_wh,
        charging_s=period.charging_s - first.charging_s,
        parking_s=period.parking_s - first.parking_s,
    )
    return [first, second]


@given(tariffs(parts=components(step_sizes=st.just(1))), usages(), st.floats(0, 1), st.data())
def test_a_session_costs_the_same_wherever_it_is_split(tariff, usage, share, data):
    place = data.draw(st.integers(0, len(usage.periods) - 1))
    halves = split(usage.periods[place], share)
    periods = [*usage.periods[:place], *halves, *usage.periods[place + 1 :]]

    whole, parts = price(tariff, usage), price(tariff, replace(usage, periods=periods))

    step = 2 * max(component.price for component in tariff.components()) / 1000 + CLOSE
    assert abs(whole.excl_vat - parts.excl_vat) <= step
    assert abs((whole.incl_vat or 0) - (parts.incl_vat or 0)) <= step * 2
    assert whole.billed(FLAT) == parts.billed(FLAT)


@given(free_of_restrictions(), usages(), st.floats(0, 1), st.data())
def test_without_restrictions_it_costs_exactly_the_same(tariff, usage, share, data):
    place = data.draw(st.integers(0, len(usage.periods) - 1))
    halves = split(usage.periods[place], share)
    periods = [*usage.periods[:place], *halves, *usage.periods[place + 1 :]]

    whole, parts = price(tariff, usage), price(tariff, replace(usage, periods=periods))

    assert (whole.excl_vat, whole.incl_vat) == (parts.excl_vat, parts.incl_vat)


def with_more(usage, place, extra_wh):
    periods = list(usage.periods)
    periods[place] = replace(periods[place], energy_wh=periods[place].energy_wh + extra_wh)
    return replace(usage, periods=periods)


@given(free_of_restrictions(), usages(), st.integers(0, 50_000), st.data())
def test_more_energy_never_costs_less(tariff, usage, extra_wh, data):
    place = data.draw(st.integers(0, len(usage.periods) - 1))

    less, more = price(tariff, usage), price(tariff, with_more(usage, place, extra_wh))

    assert less.excl_vat <= more.excl_vat
    assert (less.incl_vat or 0) <= (more.incl_vat or 0)


BANDS = st.lists(st.integers(1, 60_000), max_size=3, unique=True).map(sorted)


@given(BANDS, st.data(), periods_of_sessions(), st.integers(0, 50_000))
def test_more_energy_never_costs_less_where_the_price_depends_on_it(bands, data, periods, extra_wh):
    """In whole steps of 1 Wh: a greater step may be dear below a limit and cheap above."""
    edges = [None, *map(Decimal, bands), None]
    parts = components((ENERGY,), st.just(1))
    elements = [
        Element(data.draw(parts), Restrictions(min_wh=low, max_wh=high))
        for low, high in itertools.pairwise(edges)
    ]
    tariff = replace(data.draw(free_of_restrictions()), elements=elements)
    usage = Usage(data.draw(usages()).zone, periods[0].starts_at, periods[-1].ends_at, periods)
    place = data.draw(st.integers(0, len(periods) - 1))

    less, more = price(tariff, usage), price(tariff, with_more(usage, place, extra_wh))

    assert less.excl_vat <= more.excl_vat + CLOSE


@given(tariffs(), usages())
def test_periods_and_lines_add_up_to_the_session(tariff, usage):
    found = price(tariff, usage)

    for name in ("energy_wh", "charging_s", "parking_s"):
        told = sum((getattr(priced.period, name) for priced in found.periods), start=ZERO)
        assert told == sum((getattr(period, name) for period in usage.periods), start=ZERO)
    assert found.periods[0].period.starts_at == usage.started_at
    assert found.periods[-1].period.ends_at == usage.ended_at
    for one, other in zip(found.periods, found.periods[1:], strict=False):
        assert one.period.ends_at == other.period.starts_at
    excl = sum((line.excl_vat for line in found.lines), start=Fraction(0))
    incl = sum((line.incl_vat for line in found.lines), start=Fraction(0))
    assert abs(excl - Fraction(found.excl_vat)) < Fraction(CLOSE)
    assert found.incl_vat is None or abs(incl - Fraction(found.incl_vat)) < Fraction(CLOSE)


limits = st.none() | st.builds(
    lambda excl, more: PriceLimit(excl, None if more is None else excl + more),
    cents,
    st.none() | cents,
)


@given(tariffs(), usages(), limits, limits, st.booleans())
def test_vat_never_lowers_a_price(tariff, usage, least, most, includes_tax):
    tariff = replace(tariff, min_price=least, max_price=most, includes_tax=includes_tax)

    found = price(tariff, usage)

    assert found.incl_vat is None or found.excl_vat <= found.incl_vat
    assert least is None or most is not None or found.excl_vat >= least.excl_vat
    assert most is None or found.excl_vat <= most.excl_vat


@given(free_of_restrictions(), usages())
def test_no_step_bills_less_than_was_used(tariff, usage):
    found = price(tariff, usage)
    used = {
        ENERGY: sum(period.energy_wh for period in usage.periods),
        TIME: sum(period.charging_s for period in usage.periods),
        PARKING_TIME: sum(period.parking_s for period in usage.periods),
    }

    for role, volume in used.items():
        if any(line.role == role for line in found.lines):
            assert found.billed(role) >= volume - NOISE


@given(st.decimals(0, 10**9, places=6), st.integers(0, 10**6))
def test_whole_steps_are_whole_and_the_least_that_suffice(volume, step_size):
    billed = whole_steps(volume, step_size)

    step = max(step_size, 1)
    assert billed % step == 0
    assert volume - NOISE <= billed < volume + step + NOISE


@given(documents.tariffs, documents.sessions())
def test_whatever_the_door_lets_in_can_be_priced(body, session):
    """A refusal in words is an answer; anything else is a fault."""
    try:
        tariff, usage = tariff_of(body), usage_of(session)
    except Invalid:
        reject()

    found = price(tariff, usage)

    assert found.excl_vat.is_finite()
    assert found.incl_vat is None or found.incl_vat.is_finite()


@given(free_of_restrictions(), usages())
def test_what_is_free_costs_nothing(tariff, usage):
    free = [
        Element([replace(one, price=ZERO) for one in element.components])
        for element in tariff.elements
    ]

    found = price(replace(tariff, elements=free), usage)

    assert found.excl_vat == 0
    assert not found.incl_vat
