from datetime import UTC, datetime

import pytest

from energy.domain.series import course_of
from energy.domain.site import site_of
from energy.errors import InvalidSeries
from tests.energy.sites import PLAIN, WHOLE

PRICES = (
    "ts_utc,price_eur_mwh,solar\n"
    "2025-11-03 00:00:00+00:00,100,0\n2025-11-03 01:00:00+00:00,50,5\n"
    "2025-11-03 02:00:00+00:00,-10,10\n"
)
SESSIONS = "Start,End,kWh\n2025-11-03 01:30:00,2025-11-03 02:30:00,20\n"


def test_hourly_prices_hold_for_their_quarters_and_the_sun_is_scaled():
    course = course_of(site_of(WHOLE), PRICES, SESSIONS)

    assert course.at[0] == datetime(2025, 11, 3, tzinfo=UTC)
    assert course.spot.tolist() == [0.1] * 4 + [0.05] * 4 + [-0.01] * 4
    assert course.photovoltaics.tolist() == [0] * 4 + [30] * 4 + [60] * 4
    assert course.load.tolist() == [0, 0] + [20] * 4 + [0] * 6


def test_sessions_of_another_year_are_aligned_by_weekday_and_go_on():
    prices = "ts_utc,price_eur_mwh\n" + "".join(
        f"2025-11-{day:02d} {hour:02d}:00:00+00:00,10\n"
        for day in range(3, 25)
        for hour in range(24)
    )
    sessions = "start,end,kwh\n2018-06-04 10:00,2018-06-04 11:00,8\n"  # a Monday

    course = course_of(site_of(PLAIN), prices, sessions)

    charged = sorted(
        {at.date().isoformat() for at, kw in zip(course.local, course.load, strict=True) if kw}
    )
    assert charged == ["2025-11-03", "2025-11-10", "2025-11-17", "2025-11-24"]
    assert course.load.sum() / 4 == pytest.approx(32)


def test_gme_counts_the_hours_of_a_local_day():
    body = {**PLAIN, "price_column": "NORD"}
    prices = "date,hour,NORD\n" + "".join(f"2025-10-26,{hour},{hour}\n" for hour in range(1, 26))

    course = course_of(site_of(body), prices, SESSIONS.replace("2025-11-03", "2025-10-26"))

    assert len(course.at) == 100
    assert [course.at[0].isoformat(), course.at[-1].isoformat()] == [
        "2025-10-25T22:00:00+00:00",
        "2025-10-26T22:45:00+00:00",
    ]
    assert course.spot[-1] == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("prices", "sessions", "reason"),
    [
        ("", SESSIONS, "the price file is empty"),
        ("a,b\n1,2\n", SESSIONS, "line 2: no time in ts_utc, or in date and hour"),
        ("ts_utc\n2025-11-03\n", SESSIONS, "there is no column price_eur_mwh"),
        (PRICES.replace("100", "dear"), SESSIONS, "line 2: price_eur_mwh: must be a number"),
        (PRICES.replace("100", "nan"), SESSIONS, "line 2: price_eur_mwh: must be a number"),
        (PRICES.replace(",100", ",9e9"), SESSIONS, "line 2: price_eur_mwh: 9000000000.0 EUR/MWh is absurd"),
        (
            PRICES.replace("03 02", "04 02"),
            SESSIONS,
            "no price between 2025-11-03T01:00:00+00:00 and 2025-11-04T02:00:00+00:00",
        ),
        (PRICES, "start,end,kwh\nx,y,1\n", "line 2: start and end must be times"),
        (PRICES, SESSIONS.replace(",20\n", ",-1\n"), "line 2: kwh: must be from 0 to 2000"),
        (PRICES, SESSIONS.replace("kWh", "amount"), "there is no column kwh"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(prices, sessions, reason):
    with pytest.raises(InvalidSeries) as refusal:
        course_of(site_of(WHOLE), prices, sessions)

    assert refusal.value.text == reason
