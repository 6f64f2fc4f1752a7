import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from booking.domain.course import Bounds, Reading, periods_of
from tariffs.domain.usage import Period

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bounds(minutes=60, wh=10_000, *, is_over=True):
    return Bounds(NOON, NOON + minutes * MINUTE, 1_000, wh, is_over)


def reading(minute, register=None, power=None, current=None, *, withheld=False):
    return Reading(NOON + minute * MINUTE, register, power, current, withheld)


def course(bounds, *readings, in_detail=False):
    """Per period: the minute it ends, its Wh, whether the car charged."""
    return [
        (int((one.ends_at - NOON) / MINUTE), int(one.energy_wh), bool(one.charging_s))
        for one in periods_of(bounds, readings, in_detail=in_detail)
    ]


def test_charging_then_standing():
    readings = [reading(30, 11_000, 0), reading(45, 11_000, 0)]

    assert periods_of(bounds(), readings, in_detail=False) == [
        Period(
            NOON, NOON + 30 * MINUTE, Decimal(10_000), charging_s=Decimal(1800),
            power_kw=Decimal(20), current_a=Decimal(20_000) / 230,
        ),
        Period(NOON + 30 * MINUTE, NOON + 60 * MINUTE, parking_s=Decimal(1800)),
    ]  # fmt: skip


def test_currents_that_were_told_count():
    (period,) = periods_of(bounds(), [reading(60, 11_000, 10_000, 43.5)], in_detail=False)

    assert (period.power_kw, period.current_a) == (10, Decimal("43.5"))


def test_without_readings_all_of_it_is_charging():
    assert course(bounds()) == [(60, 10_000, True)]


def test_a_session_without_length_keeps_its_energy():
    assert periods_of(bounds(minutes=0), [], in_detail=True) == [
        Period(NOON, NOON, Decimal(10_000))
    ]


@pytest.mark.parametrize(
    "readings",
    [
        [reading(20, 4_000), reading(30, 2_000), reading(40, 8_000)],  # backwards
        [reading(20, 90_000), reading(40, 100_000)],  # beyond the session
        [reading(-5, 1_000), reading(70, 20_000), reading(10, 2_000), reading(5, 1_500)],
        [reading(20, 0), reading(40)],
    ],
)
def test_whatever_registers_say_the_periods_add_up(readings):
    found = periods_of(bounds(), readings, in_detail=True)

    assert sum(one.energy_wh for one in found) == 10_000
    assert all(one.energy_wh >= 0 for one in found)
    assert (found[0].starts_at, found[-1].ends_at) == (NOON, NOON + 60 * MINUTE)
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(found))


def test_a_station_that_offers_nothing_keeps_the_car_from_charging():
    standing = [reading(30, 11_000), reading(40, 11_000, 0), reading(60, 11_000, 0)]
    withheld = [standing[0], reading(40, 11_000, 0, withheld=True), standing[2]]

    assert course(bounds(), *standing) == [(30, 10_000, True), (60, 0, False)]
    assert course(bounds(), *withheld) == [(60, 10_000, True)]


@pytest.mark.parametrize(("rest", "is_parking"), [(4, False), (5, True)])
def test_a_short_rest_of_a_coarse_register_is_charging(rest, is_parking):
    readings = [reading(30, 6_000), reading(30 + rest, 6_000), reading(60, 11_000)]

    assert any(not charging for *_, charging in course(bounds(), *readings)) is is_parking


def test_a_short_rest_that_was_measured_is_none():
    readings = [reading(30, 6_000, 0), reading(32, 6_000, 0), reading(60, 11_000, 9_000)]

    assert course(bounds(), *readings) == [(30, 5_000, True), (32, 0, False), (60, 5_000, True)]


@pytest.mark.parametrize(
    ("power", "found"),
    [(0, [(20, 10_000, True), (60, 0, False)]), (11_000, [(60, 10_000, True)])],
)
def test_as_long_as_it_runs_it_goes_on_as_it_was(power, found):
    readings = [reading(20, 11_000, 11_000), reading(40, 11_000, power)]

    assert course(bounds(is_over=False), *readings) == found


def test_in_detail_a_period_is_about_a_minute():
    readings = [reading(n / 2, 1_000 + 50 * n, 6_000) for n in range(1, 9)]

    assert course(bounds(minutes=4, wh=400), *readings, in_detail=True) == [
        (n, 100, True) for n in (1, 2, 3, 4)
    ]
    assert course(bounds(minutes=4, wh=400), *readings) == [(4, 400, True)]
