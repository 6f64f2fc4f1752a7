from datetime import UTC, datetime, timedelta, timezone

import pytest

from ocpp_gateway.v16.times import EARLIEST, LATEST, wire_time, within_calendar

EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))


def test_a_time_on_the_wire_is_utc_with_milliseconds():
    instant = datetime(2026, 6, 1, 14, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))

    assert wire_time(instant) == "2026-06-01T12:00:00.123Z"


@pytest.mark.parametrize(
    ("reported", "kept"),
    [
        (datetime(2026, 6, 1, 14, tzinfo=EAST), datetime(2026, 6, 1, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=EAST), EARLIEST),
        (datetime(9999, 12, 31, 23, tzinfo=WEST), LATEST),
    ],
)
def test_no_time_leaves_the_calendar(reported, kept):
    assert (within_calendar(reported), within_calendar(reported).tzinfo) == (kept, UTC)
