"""When something can be booked: the rules, as tables of cases. Times are local, in Amsterdam."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.domain.calendar import Place, Timeslot, opened, span_of, timeslots
from cpms.kernel.windows import TimeWindow

ZONE = ZoneInfo("Europe/Amsterdam")
DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)


def local(text):
    """`1 08:00` is the first of June 2026; `03-29 08:00` names the month as well."""
    day, clock = text.split()
    month, day = day.split("-") if "-" in day else ("06", day)
    hour, minute = clock.split(":")
    return datetime(2026, int(month), int(day), int(hour), int(minute), tzinfo=ZONE).astimezone(UTC)


def at(*texts):
    """Windows: `at("1 08:00", "1 20:00", …)`."""
    edges = [local(text) for text in texts]
    return [TimeWindow(*pair) for pair in zip(edges[::2], edges[1::2], strict=True)]


JUNE_1_TO_3 = at("1 00:00", "4 00:00")[0]  # from Monday


def weekly(*periods, **more):
    regular = [
        {"weekday": day, "period_begin": begin, "period_end": end} for day, begin, end in periods
    ]
    return {"twentyfourseven": False, "regular_hours": regular, **more}


def exception(begin, end):
    written = [local(text).isoformat().replace("+00:00", "Z") for text in (begin, end)]
    return [{"period_begin": written[0], "period_end": written[1]}]


@pytest.mark.parametrize(
    ("now", "hours_long", "starts"),
    [
        ("1 00:00", 72, "1 00:00"),
        ("1 23:59", 72, "1 00:00"),
        ("03-29 12:00", 71, "03-29 00:00"),  # the clocks go forward that night
        ("10-24 12:00", 73, "10-24 00:00"),  # and back the night after
    ],
)
def test_a_calendar_covers_whole_days_of_the_place(now, hours_long, starts):
    span = span_of(ZONE, local(now), 3 * DAY)

    assert (span.starts_at, span.ends_at - span.starts_at) == (local(starts), hours_long * HOUR)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (None, at("1 00:00", "4 00:00")),
        ({"twentyfourseven": True}, at("1 00:00", "4 00:00")),
        (weekly((1, "08:00", "20:00")), at("1 08:00", "1 20:00")),
        (
            weekly((1, "08:00", "12:00"), (1, "13:00", "18:00"), (3, "09:00", "10:00")),
            at("1 08:00", "1 12:00", "1 13:00", "1 18:00", "3 09:00", "3 10:00"),
        ),
        (weekly((1, "08:00", "24:00"), (2, "00:00", "06:00")), at("1 08:00", "2 06:00")),
        (weekly((7, "20:00", "04:00")), at("1 00:00", "1 04:00")),  # began on Sunday
        (weekly((3, "20:00", "04:00")), at("3 20:00", "4 00:00")),
        (weekly((5, "08:00", "20:00")), []),
        ({"twentyfourseven": False}, []),
        (
            {"twentyfourseven": True, "exceptional_closings": exception("2 10:00", "2 12:00")},
            at("1 00:00", "2 10:00", "2 12:00", "4 00:00"),
        ),
        (
            weekly((1, "08:00", "20:00"), exceptional_openings=exception("1 20:00", "2 01:00")),
            at("1 08:00", "2 01:00"),
        ),
        (
            weekly((1, "08:00", "20:00"), exceptional_closings=exception("1 08:00", "1 08:00")),
            at("1 08:00", "1 20:00"),  # an exception that does not last
        ),
    ],
)
def test_when_a_place_is_open(hours, expected):
    assert opened(hours, ZONE, JUNE_1_TO_3) == expected


@pytest.mark.parametrize(
    ("day", "begin", "end", "expected"),
    [
        ("03-29", "01:00", "04:00", 2 * HOUR),  # the clocks skip from two to three
        ("03-29", "02:30", "03:00", None),  # an hour that there is not
        ("10-25", "01:00", "04:00", 4 * HOUR),  # the clocks run through two o'clock twice
    ],
)
def test_hours_on_the_days_when_clocks_change(day, begin, end, expected):
    span = span_of(ZONE, local(f"{day} 12:00"), DAY)

    found = opened(weekly((7, begin, end)), ZONE, span)

    assert [window.ends_at - window.starts_at for window in found] == (
        [expected] if expected else []
    )


def place(*taken, power_w=11_000, since=ALWAYS):
    return Place(power_w, since, at(*taken))


def slots(*texts, power_w=11_000):
    return [Timeslot(window, power_w) for window in at(*texts)]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], []),
        ([place()], slots("1 00:00", "4 00:00")),
        ([place("1 10:00", "1 12:00")], slots("1 00:00", "1 10:00", "1 12:00", "4 00:00")),
        # two that are alike are one, and one that is free all the time hides the other
        ([place(), place()], slots("1 00:00", "4 00:00")),
        ([place(), place("1 10:00", "1 12:00")], slots("1 00:00", "4 00:00")),
        # nobody can have from eight to four: the slots overlap, and are not joined
        (
            [place("1 12:00", "4 00:00"), place("1 00:00", "1 10:00")],
            slots("1 00:00", "1 12:00", "1 10:00", "4 00:00"),
        ),
        # a weaker one is told only where the stronger one is promised
        (
            [place(power_w=7_400), place("1 10:00", "4 00:00", power_w=22_000)],
            [
                *slots("1 00:00", "4 00:00", power_w=7_400),
                *slots("1 00:00", "1 10:00", power_w=22_000),
            ],
        ),
        # what is left is too short to be booked
        ([place("1 00:10", "3 23:50")], []),
        ([place("1 00:15", "3 23:50")], slots("1 00:00", "1 00:15")),
        ([place(since=None)], []),
        ([place(since=local("2 06:00"))], slots("2 06:00", "4 00:00")),
    ],
)
def test_timeslots_of_alike_places(places, expected):
    assert timeslots([JUNE_1_TO_3], places, QUARTER) == expected


def test_any_part_of_a_timeslot_lies_within_opening_hours():
    hours = opened(weekly((1, "08:00", "20:00"), (2, "08:00", "20:00")), ZONE, JUNE_1_TO_3)

    assert timeslots(hours, [place("1 19:50", "2 09:00")], QUARTER) == slots(
        "1 08:00", "1 19:50", "2 09:00", "2 20:00"
    )
