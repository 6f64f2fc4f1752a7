from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from energy.domain.calendar import STEPS_A_DAY
from energy.domain.forecasting import (
    CAUTION,
    LoadForecast,
    SunForecast,
    known_until,
    prices_ahead,
    slots_of,
)

ROME = ZoneInfo("Europe/Rome")
MONDAY = datetime(2025, 11, 3, tzinfo=ROME)


def weeks(count):
    return [MONDAY + n * timedelta(minutes=15) for n in range(count * 7 * STEPS_A_DAY)]


def test_before_anything_is_known_it_goes_on_as_it_is():
    weekdays, quarters = slots_of(weeks(1)[:8])

    assert LoadForecast().ahead(weekdays, quarters, 12.0).tolist() == [12.0] * 8


def test_a_weekday_is_as_usual_and_the_first_step_as_it_is():
    forecast, at = LoadForecast(), weeks(3)
    weekdays, quarters = slots_of(at)
    for weekday, quarter in zip(weekdays, quarters, strict=True):
        forecast.see(weekday, quarter, 100.0 if weekday < 5 else 20.0)

    monday = forecast.ahead(weekdays[40:], quarters[40:], 77.0)[:8]
    sunday = forecast.ahead(weekdays[6 * 96 + 40 :], quarters[6 * 96 + 40 :], 20.0)[:8]

    assert monday[0] == 77
    assert monday[7] > 1.2 * sunday[7]


def test_a_deviation_fades_as_fast_as_it_used_to():
    quick, slow = LoadForecast(), LoadForecast()
    at = weeks(2)
    weekdays, quarters = slots_of(at)
    noise = np.random.default_rng(1).normal(0, 20, len(at))
    for n, (weekday, quarter) in enumerate(zip(weekdays, quarters, strict=True)):
        quick.see(weekday, quarter, 50 + noise[n])
        slow.see(weekday, quarter, 50 + noise[n // 32])

    ahead = [one.ahead(weekdays[:8], quarters[:8], 90.0) for one in (quick, slow)]

    assert ahead[0][4] == pytest.approx(CAUTION * 50, abs=8)
    assert ahead[1][4] > ahead[0][4] + 10


def test_each_load_that_may_come_is_as_likely_and_the_mean_is_what_is_expected():
    forecast, at = LoadForecast(), weeks(2)
    weekdays, quarters = slots_of(at)
    for n, (weekday, quarter) in enumerate(zip(weekdays, quarters, strict=True)):
        forecast.see(weekday, quarter, 90.0 if n % 3 == 0 else 15.0)

    each = forecast.each_ahead(weekdays[:8], quarters[:8], 40.0)

    expected = forecast.ahead(weekdays[:8], quarters[:8], 40.0)[1:] / CAUTION
    assert each[:, 1:].mean(axis=0) == pytest.approx(expected)
    assert each[:, 7] == pytest.approx([15, 15, 90], rel=0.2)


@pytest.mark.parametrize("load", [0.0, 12.0])
def test_where_nothing_varied_the_load_is_what_is_expected(load):
    forecast = LoadForecast()
    weekdays, quarters = slots_of(weeks(1))
    assert forecast.each_ahead(weekdays[:4], quarters[:4], 7.0).tolist() == [[7.0] * 4]
    for weekday, quarter in zip(weekdays, quarters, strict=True):
        forecast.see(weekday, quarter, load)

    each = forecast.each_ahead(weekdays[:4], quarters[:4], load)

    assert each == pytest.approx(np.full_like(each, load))


def test_the_sun_of_the_last_days_scaled_to_now():
    forecast = SunForecast()
    for day in range(1, 4):
        for quarter in range(STEPS_A_DAY):
            forecast.see(day, quarter, 10.0)

    ahead = forecast.ahead(4, np.arange(8), 5.0)

    assert ahead[0] == 5
    assert (np.diff(ahead) > 0).all()
    assert (ahead < 10).all()


def test_days_on_which_nobody_saw_the_sun_do_not_darken_the_next():
    forecast = SunForecast()
    for quarter in range(STEPS_A_DAY):
        forecast.see(3, quarter, 10.0)

    assert forecast.ahead(4, np.arange(4), None).tolist() == [10.0] * 4
    assert SunForecast().ahead(4, np.arange(4), None).tolist() == [0.0] * 4


def test_what_is_not_known_now_is_as_usual():
    forecast, at = LoadForecast(caution=1.0), weeks(2)
    weekdays, quarters = slots_of(at)
    for weekday, quarter in zip(weekdays, quarters, strict=True):
        forecast.see(weekday, quarter, 30.0)

    assert forecast.ahead(weekdays[:4], quarters[:4], None) == pytest.approx([30.0] * 4)
    assert LoadForecast().ahead(weekdays[:4], quarters[:4], None).tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2025-11-03 12:59", "2025-11-04 00:00"),
        ("2025-11-03 13:00", "2025-11-05 00:00"),
        ("2025-10-26 02:30", "2025-10-27 00:00"),
    ],
)
def test_tomorrow_is_known_after_the_auction(local, until):
    found = known_until(datetime.fromisoformat(local).replace(tzinfo=ROME))

    assert found == datetime.fromisoformat(until).replace(tzinfo=ROME)


def test_unknown_prices_are_as_in_the_last_week_at_that_time():
    day = np.arange(STEPS_A_DAY, dtype=float)
    past = np.tile(day, 7)

    found = prices_ahead(past, np.array([100.0, 101.0]), 10)

    assert found[:2].tolist() == [100, 101]
    assert found[2:].tolist() == pytest.approx(list(range(2, 10)))


def test_prices_after_a_short_past():
    found = prices_ahead(np.array([1.0, 3.0]), np.array([2.0]), 4)

    assert found.tolist() == [2, 2, 2, 2]
