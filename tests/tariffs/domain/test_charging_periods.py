from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tariffs.domain.charging_periods import usage_of
from tariffs.domain.usage import Period, Usage
from tariffs.errors import InvalidUsage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dimensions(**volumes):
    return [{"type": name, "volume": volume} for name, volume in volumes.items()]


def session(*periods, **more):
    """Periods of an hour each."""
    return {
        "time_zone": "Europe/Amsterdam",
        "start_date_time": "2026-06-01T12:00:00Z",
        "end_date_time": f"2026-06-01T{12 + len(periods)}:00:00Z",
        "charging_periods": [
            {"start_date_time": f"2026-06-01T{12 + n}:00:00Z", "dimensions": dimensions(**volumes)}
            for n, volumes in enumerate(periods)
        ],
        **more,
    }


def only(**volumes):
    (period,) = usage_of(session(volumes)).periods
    return period


def test_a_session_is_read_whole():
    said = session(
        {"RESERVATION_TIME": 1},
        {"ENERGY": 10.5, "TIME": 1, "POWER": 11, "CURRENT": 16},
        {"PARKING_TIME": 0.5},
    )

    assert usage_of(said) == Usage(
        ZoneInfo("Europe/Amsterdam"),
        NOON,
        NOON + 3 * HOUR,
        [
            Period(NOON, NOON + HOUR, reserved_s=Decimal(3600), is_charging_session=False),
            Period(
                NOON + HOUR, NOON + 2 * HOUR, Decimal(10_500), Decimal(3600),
                power_kw=Decimal(11), current_a=Decimal(16),
            ),
            Period(NOON + 2 * HOUR, NOON + 3 * HOUR, parking_s=Decimal(1800)),
        ],
        reservation_expired=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [
        (1, 3600),
        (0.99996, 3600),  # four decimals: 0.2 s off at most
        (0.9999, Decimal("3599.64")),
        (0.3333, Decimal("1199.88")),
        (2, 7200),
    ],
)
def test_the_length_of_the_period_counts_where_it_is_meant(hours, seconds):
    assert only(TIME=hours).charging_s == seconds


@pytest.mark.parametrize(
    ("volumes", "kw"),
    [
        ({"ENERGY": 10, "TIME": 1}, 10),
        ({"ENERGY": 10, "TIME": 0.5}, 20),
        ({"ENERGY": 10}, 10),  # over the whole period
        ({"ENERGY": 10, "TIME": 1, "POWER": 7}, 7),
        ({"ENERGY": 10, "TIME": 1, "MAX_POWER": 8}, 8),
        ({"ENERGY": 10, "TIME": 1, "MIN_POWER": 12}, 12),
        ({"ENERGY": 10, "TIME": 1, "MIN_POWER": 5, "MAX_POWER": 11}, 10),
        ({"ENERGY": 10, "TIME": 1, "MIN_POWER": 11, "MAX_POWER": 5}, 8),
        ({"PARKING_TIME": 1}, 0),
    ],
)
def test_the_power_is_what_is_said_or_follows(volumes, kw):
    assert only(**volumes).power_kw == kw


@pytest.mark.parametrize(
    ("volumes", "amperes"),
    [
        ({"CURRENT": 16}, 16),
        ({"MIN_CURRENT": 10}, 10),
        ({"MIN_CURRENT": 10, "MAX_CURRENT": 20}, 15),
        ({"ENERGY": 1}, 0),
    ],
)
def test_the_current_is_what_is_said(volumes, amperes):
    assert only(**volumes).current_a == amperes


@pytest.mark.parametrize(
    ("more", "periods", "expired"),
    [
        ({}, [{"RESERVATION_TIME": 1}], True),
        ({}, [{"RESERVATION_TIME": 1}, {"ENERGY": 1}], False),
        ({"reservation_expired": False}, [{"RESERVATION_TIME": 1}], False),
        ({"reservation_expired": True}, [{"ENERGY": 1}], True),
        ({}, [], False),
    ],
)
def test_a_reservation_that_no_charging_followed_expired(more, periods, expired):
    assert usage_of(session(*periods, **more)).reservation_expired is expired


def test_a_dimension_that_is_said_twice_adds_up():
    twice = session({})
    twice["charging_periods"][0]["dimensions"] = dimensions(ENERGY=1) + dimensions(ENERGY=2)

    assert usage_of(twice).periods[0].energy_wh == 3000


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (session({"LOVE": 1}), "charging_periods.0.dimensions.0.type: must be one of"),
        (session({"TIME": -1}), "charging_periods.0.dimensions.0.volume: of time must not be"),
        (session({}), "charging_periods.0.dimensions: must be a list that is not empty"),
        (session(time_zone="Mars"), "time_zone: is no time zone"),
        (session(end_date_time="2026-06-01T11:00:00Z"), "end_date_time: must not be before"),
        (session(start_date_time="1960-01-01T00:00:00Z"), "start_date_time: is out of range"),
        (
            session({"ENERGY": 1}, end_date_time="2026-06-01T12:00:00Z")
            | {"charging_periods": [
                {"start_date_time": "2026-06-01T13:00:00Z", "dimensions": dimensions(ENERGY=1)}
            ]},
            "charging_periods.0.start_date_time: must not be after",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_its_path(said, line):
    with pytest.raises(InvalidUsage) as refusal:
        usage_of(said)

    assert refusal.value.text.startswith(line)
