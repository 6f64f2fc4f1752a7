from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.forecast import Occupation, first_free_at, free_at
from cpms.kernel.windows import TimeWindow
from stations.enums import ChargeType

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SLOW, FAST, RAPID = ChargeType.SLOW, ChargeType.FAST, ChargeType.RAPID


def car(minutes_ago, soc_start=None, soc=None, ends_in=None):
    return Occupation(
        started_at=NOON - minutes_ago * MINUTE,
        soc_percent=soc,
        soc_start_percent=soc_start,
        ends_at=None if ends_in is None else NOON + ends_in * MINUTE,
    )


@pytest.mark.parametrize(
    ("kind", "occupation", "minutes"),
    [
        # A known end counts before all else, but is never in the past.
        (RAPID, car(10, 10, 50, ends_in=7), 7),
        (RAPID, car(10, ends_in=-7), 0),
        # The battery: 40 % in 10 minutes, so the 30 % to 80 % take 7.5.
        (RAPID, car(10, 10, 50), 7.5),
        (FAST, car(60, 20, 60), 60),
        (SLOW, car(60, 0, 50), 60),
        # Full already: soon.
        (RAPID, car(10, 10, 80), 5),
        (RAPID, car(30, 10, 95), 5),
        # The battery says nothing: too early, no progress, half told. Then a usual stay.
        (RAPID, car(2, 10, 50), 33),
        (RAPID, car(10, 50, 50), 25),
        (RAPID, car(10, 60, 50), 25),
        (RAPID, car(10, None, 50), 25),
        (RAPID, car(10, 50, None), 25),
        (SLOW, car(60), 120),
        (FAST, car(60), 60),
        # Longer than usual: soon.
        (RAPID, car(300), 5),
        (RAPID, car(34), 5),
    ],
)
def test_free_at(kind, occupation, minutes):
    assert free_at(kind, occupation, NOON) == NOON + minutes * MINUTE


@pytest.mark.parametrize(
    ("occupations", "minutes"),
    [([], None), ([car(5)], 30), ([car(5), car(20), car(1, ends_in=40)], 15)],
)
def test_first_free_at_is_the_earliest(occupations, minutes):
    expected = None if minutes is None else NOON + minutes * MINUTE

    assert first_free_at(RAPID, iter(occupations), NOON) == expected


def promised(*windows, ends_in=20):
    """A car that leaves in so many minutes, where windows (minutes from now) are promised."""
    return Occupation(
        started_at=NOON,
        ends_at=NOON + ends_in * MINUTE,
        promised=[TimeWindow(NOON + a * MINUTE, NOON + b * MINUTE) for a, b in windows],
    )


@pytest.mark.parametrize(
    ("windows", "minutes"),
    [
        ([(30, 60)], 20),  # free before it
        ([(15, 60)], 60),
        ([(20, 60)], 60),  # half-open: it begins when the car leaves
        ([(5, 20)], 20),
        ([(15, 60), (60, 90)], 90),  # one after the other
        ([(15, 60), (70, 90)], 60),
    ],
)
def test_where_it_is_promised_the_next_car_waits_for_the_end_of_that(windows, minutes):
    assert free_at(FAST, promised(*windows), NOON) == NOON + minutes * MINUTE
