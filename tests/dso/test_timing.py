"""When the intervals of an OpenADR 3 event are (User Guide §7.3)."""

from datetime import UTC, datetime, timedelta

import pytest

from dso.domain.openadr.events import event_of
from dso.domain.openadr.timing import single_values, spans_of
from dso.errors import BadMessage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
NOW_TEXT = "0001-01-01T00:00:00"


def at(**shift):
    return (NOON + timedelta(**shift)).isoformat()


def spans(intervals, *, period=None, length=None, seen_at=NOON, now=NOON):
    """`(hours from noon, hours from noon or None, first value)` of each."""
    body = {"id": "1", "programID": "p", "intervals": intervals, "intervalPeriod": period}
    if length is not None:
        body["duration"] = length
    found = spans_of(event_of(body), seen_at=seen_at, now=now)
    return [
        (
            (one.starts_at - NOON) / HOUR,
            None if one.ends_at is None else (one.ends_at - NOON) / HOUR,
            one.payloads["X"][0],
        )
        for one in found
    ]


def interval(value, start=None, length=None):
    body = {"id": 0, "payloads": [{"type": "X", "values": [value]}]}
    if start is not None or length is not None:
        period = {"start": start, "duration": length}
        body["intervalPeriod"] = {name: text for name, text in period.items() if text is not None}
    return body


EVENT_LEVEL = {"start": at(), "duration": "PT1H"}
CASES = {
    "one after the other by the period of the event": (
        {"intervals": [interval(1), interval(2)], "period": EVENT_LEVEL},
        [(0, 1, 1), (1, 2, 2)],
    ),
    "the interval's own period beats that of the event": (
        {
            "intervals": [interval(1, at(hours=2), "PT2H"), interval(2)],
            "period": EVENT_LEVEL,
        },
        [(2, 4, 1), (4, 5, 2)],
    ),
    "the beginning of time is now for the first, right after for the others": (
        {
            "intervals": [interval(1, NOW_TEXT, "PT30M"), interval(2, "0001-01-01", "PT30M")],
            "seen_at": NOON,
        },
        [(0, 0.5, 1), (0.5, 1, 2)],
    ),
    "the beginning of time is the start of the event where it has one": (
        {"intervals": [interval(1, NOW_TEXT, "PT1H")], "period": {"start": at(hours=3)}},
        [(3, 4, 1)],
    ),
    "now is when it was first seen, however often it is read": (
        {"intervals": [interval(1, NOW_TEXT, "PT2H")], "seen_at": NOON - HOUR},
        [(-1, 1, 1)],
    ),
    "without end": (
        {"intervals": [interval(1, NOW_TEXT, "P9999Y"), interval(2)]},
        [(0, None, 1)],
    ),
    "no length said is no end": ({"intervals": [interval(1, at())]}, [(0, None, 1)]),
    "a length of zero cancels": (
        {"intervals": [interval(1)], "period": {"start": NOW_TEXT, "duration": "PT0S"}},
        [],
    ),
    "what is over is skipped, what runs is kept": (
        {
            "intervals": [interval(n) for n in range(4)],
            "period": EVENT_LEVEL,
            "now": NOON + HOUR * 1.5,
        },
        [(1, 2, 1), (2, 3, 2), (3, 4, 3)],
    ),
    "gaps and overlaps are as written": (
        {"intervals": [interval(1, at(), "PT2H"), interval(2, at(hours=1), "PT2H")]},
        [(0, 2, 1), (1, 3, 2)],
    ),
    "a shorter length of the event cuts": (
        {
            "intervals": [interval(n) for n in range(3)],
            "period": EVENT_LEVEL,
            "length": "PT1H30M",
        },
        [(0, 1, 0), (1, 1.5, 1)],
    ),
    "a longer one repeats": (
        {"intervals": [interval(1), interval(2)], "period": EVENT_LEVEL, "length": "PT5H"},
        [(0, 1, 1), (1, 2, 2), (2, 3, 1), (3, 4, 2), (4, 5, 1)],
    ),
}


@pytest.mark.parametrize(("asked", "expected"), CASES.values(), ids=CASES)
def test_intervals_are_where_the_guide_has_them(asked, expected):
    assert spans(**asked) == expected


def test_what_repeats_for_ever_goes_on_from_where_it_is():
    later = NOON + timedelta(days=400, minutes=30)

    found = spans([interval(1), interval(2)], period=EVENT_LEVEL, length="P9999Y", now=later)

    begin = 400 * 24
    assert found[:3] == [
        (begin, begin + 1, 1),
        (begin + 1, begin + 2, 2),
        (begin + 2, begin + 3, 1),
    ]
    assert found[-1][1] == begin + 0.5 + 72  # three days ahead


def test_packed_values_share_their_interval():
    body = {
        "id": "1",
        "intervals": [
            {
                "intervalPeriod": {"start": at(), "duration": "PT45M"},
                "payloads": [{"type": "PRICE", "values": [1, 2, 3]}],
            }
        ],
    }
    (span,) = spans_of(event_of(body), seen_at=NOON, now=NOON)

    assert list(single_values(span, "PRICE")) == [
        (NOON, NOON + QUARTER, 1),
        (NOON + QUARTER, NOON + 2 * QUARTER, 2),
        (NOON + 2 * QUARTER, NOON + 3 * QUARTER, 3),
    ]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"intervals": [interval(1, "9999-12-30T00:00:00Z", "P900Y")]}, "beyond the calendar"),
        (
            {"intervals": [interval(1, at(), "PT0.01S")], "length": "P1D"},
            "repeats too many",
        ),
        ({"intervals": [interval(1, "yesterday", "PT1H")]}, "not a date-time"),
        ({"intervals": [interval(1, at(), "an hour")]}, "not a duration"),
        ({"intervals": {}}, "a list of at most"),
        ({"intervals": [7]}, "an object is needed"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(asked, reason):
    with pytest.raises(BadMessage, match=reason):
        spans(**asked)
