import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tariffs.domain.model import Restrictions
from tariffs.domain.restrictions import Moment, clock_changes, hold

HERE = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 6, 1, 12, tzinfo=HERE)
NOW = Moment(MONDAY, Decimal(5000), Decimal(3600), Decimal(16), Decimal(11))
EVENING, MORNING = time(18), time(8)
NIGHT = Restrictions(from_time=time(23), until_time=time(6))


@pytest.mark.parametrize(
    ("said", "change", "holds"),
    [
        (Restrictions(), {}, True),
        (Restrictions(from_time=time(12)), {}, True),
        (Restrictions(from_time=time(12, 1)), {}, False),
        (Restrictions(until_time=time(12)), {}, False),
        (Restrictions(until_time=time(12, 1)), {}, True),
        (Restrictions(from_time=MORNING, until_time=EVENING), {}, True),
        (Restrictions(from_time=EVENING, until_time=MORNING), {}, False),
        (NIGHT, {"local": MONDAY.replace(hour=23)}, True),
        (NIGHT, {"local": MONDAY.replace(hour=5, minute=59)}, True),
        (NIGHT, {"local": MONDAY.replace(hour=6)}, False),
        (Restrictions(weekdays=frozenset({0})), {}, True),
        (Restrictions(weekdays=frozenset({1, 6})), {}, False),
        (Restrictions(from_date=date(2026, 6, 1)), {}, True),
        (Restrictions(from_date=date(2026, 6, 2)), {}, False),
        (Restrictions(until_date=date(2026, 6, 1)), {}, False),
        (Restrictions(until_date=date(2026, 6, 2)), {}, True),
        (Restrictions(min_wh=Decimal(5000)), {}, True),
        (Restrictions(min_wh=Decimal(5001)), {}, False),
        (Restrictions(max_wh=Decimal(5000)), {}, False),
        (Restrictions(max_wh=Decimal(5001)), {}, True),
        (Restrictions(min_duration_s=3600), {}, True),
        (Restrictions(min_duration_s=3601), {}, False),
        (Restrictions(max_duration_s=3600), {}, False),
        (Restrictions(min_current_a=Decimal(16)), {}, True),
        (Restrictions(max_current_a=Decimal(16)), {}, False),
        (Restrictions(min_power_kw=Decimal("11.1")), {}, False),
        (Restrictions(max_power_kw=Decimal("11.1")), {}, True),
        (Restrictions(max_power_kw=Decimal(11)), {"power_kw": Decimal(0)}, True),
        (Restrictions(min_wh=Decimal(1), max_duration_s=60), {}, False),
    ],
)
def test_an_element_holds_when_all_that_it_says_does(said, change, holds):
    assert hold(said, replace(NOW, **change)) is holds


def changes(said, begin, end):
    return [f"{at:%d %H:%M}" for at in clock_changes(said, HERE, begin, end)]


def at(day, hour, month=6):
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "begin", "end", "expected"),
    [
        ([Restrictions(min_wh=Decimal(1))], at(1, 0), at(3, 0), []),
        ([Restrictions(weekdays=frozenset({0}))], at(1, 12), at(3, 0), ["01 22:00", "02 22:00"]),
        ([NIGHT], at(1, 12), at(2, 12), ["01 21:00", "01 22:00", "02 04:00"]),
        ([NIGHT], at(1, 21), at(2, 4), ["01 22:00"]),  # the ends are no changes
        ([Restrictions(from_date=date(2026, 6, 3))], at(1, 0), at(5, 0), ["02 22:00"]),
        (  # summer time ends: the hour of two o'clock comes twice
            [Restrictions(from_time=time(2), until_time=time(2, 30))],
            at(24, 22, 10),
            at(25, 3, 10),
            ["25 00:00", "25 00:30", "25 01:00", "25 01:30"],
        ),
        (  # summer time begins: two o'clock is skipped, the clock jumps at one (UTC)
            [Restrictions(from_time=time(3))], at(28, 23, 3), at(29, 4, 3), ["29 01:00"],
        ),
    ],
)  # fmt: skip
def test_what_the_clock_switches(said, begin, end, expected):
    assert changes(said, begin, end) == expected


def test_no_instant_between_changes_sees_another_answer():
    """What lies between two changes is all alike, through a change of the clock too."""
    said = Restrictions(from_time=time(1, 30), until_time=time(2, 30), weekdays=frozenset({6}))
    begin, end = at(24, 20, 10), at(26, 2, 10)
    edges = [begin, *clock_changes([said], HERE, begin, end), end]

    for first, last in itertools.pairwise(edges):
        minutes = range(int((last - first) / timedelta(minutes=1)))
        answers = {
            hold(said, replace(NOW, local=(first + timedelta(minutes=n)).astimezone(HERE)))
            for n in minutes
        }
        assert len(answers) == 1
