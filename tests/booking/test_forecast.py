from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.forecast import Occupation, first_free_at, free_at
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
