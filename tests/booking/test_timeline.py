from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.domain.timeline import day_in, hours_of, laid_out
from cpms.kernel.windows import TimeWindow

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = day_in(UTC, date(2026, 6, 1))


def row(*windows):
    """Windows as minutes after midnight; the cells as (slots, what stands there)."""
    things = [
        (TimeWindow(*(MIDNIGHT + timedelta(minutes=at) for at in window)), window)
        for window in windows
    ]
    return [(cell.slots, cell.things) for cell in laid_out(DAY, things)]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 6, 1), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],
)
def test_a_day_has_as_many_hours_as_its_clock_shows(day, hours):
    found = hours_of(day_in(AMSTERDAM, day), AMSTERDAM)

    assert [cell.slots for cell in found] == [2] * hours
    assert found[0].things[0].hour == 0
    assert found[-1].things[0].hour == 23


def test_the_hour_that_comes_twice_is_there_twice():
    found = hours_of(day_in(AMSTERDAM, date(2026, 10, 25)), AMSTERDAM)

    assert [cell.things[0].hour for cell in found][:5] == [0, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("windows", "cells"),
    [
        ([], [(48, [])]),
        ([(0, 1440)], [(48, [(0, 1440)])]),
        ([(60, 120)], [(2, []), (2, [(60, 120)]), (44, [])]),
        ([(61, 62)], [(2, []), (1, [(61, 62)]), (45, [])]),
        ([(60, 120), (120, 180)], [(2, []), (2, [(60, 120)]), (2, [(120, 180)]), (42, [])]),
        ([(60, 65), (65, 120)], [(2, []), (1, [(60, 65)]), (1, [(65, 120)]), (44, [])]),
        ([(60, 65), (66, 70)], [(2, []), (1, [(60, 65), (66, 70)]), (45, [])]),
        ([(-60, 30), (1410, 1500)], [(1, [(-60, 30)]), (46, []), (1, [(1410, 1500)])]),
    ],
)
def test_windows_are_laid_out_in_half_hours(windows, cells):
    assert row(*windows) == cells
