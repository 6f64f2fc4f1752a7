"""Power by quarters of an hour, from counters."""

from datetime import UTC, datetime, timedelta
from math import isnan

import pytest

from energy.domain.flows import power_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def readings(*said):
    return [(NOON + timedelta(minutes=minutes), kwh) for minutes, kwh in said]


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ([(0, 10), (15, 12), (30, 13)], {0: 8, 1: 4}),
        ([(-5, 10), (35, 14)], {0: 6, 1: 6}),
        ([(0, 10), (20, 14)], {0: 12}),  # the second quarter is not over
        ([(0, 10), (90, 40)], {}),  # too far apart
        ([(-600, 10), (60, 10)], {0: 0, 1: 0, 2: 0, 3: 0}),  # whatever the gap: nothing flowed
        ([(0, 10), (15, 2), (30, 3)], {1: 4}),  # it began anew
        ([(0, 10), (0, 12), (15, 14)], {0: 8}),
        ([], {}),
        ([(0, 10)], {}),
    ],
)
def test_what_readings_tell_of_each_quarter(said, known):
    found = power_of(readings(*said), NOON, 4)

    assert {n: kw for n, kw in enumerate(found) if not isnan(kw)} == pytest.approx(known)
