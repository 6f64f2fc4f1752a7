"""Times on the wire: as 1.6 stations read ours without trouble, and as we can store theirs."""

from datetime import UTC, datetime
from functools import lru_cache

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2999, 12, 31, tzinfo=UTC)


def wire_time(instant: datetime) -> str:
    """UTC, milliseconds, Z."""
    return f"{_whole_second(instant.replace(microsecond=0))}.{instant.microsecond // 1000:03d}Z"


def within_calendar(instant: datetime) -> datetime:
    """The time in UTC, or the nearest that every database, time zone and page can show: the
    year 10000 in a row breaks whoever reads it later. A retry gets the same."""
    return min(max(instant, EARLIEST), LATEST).astimezone(UTC)


@lru_cache(maxsize=64)
def _whole_second(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
