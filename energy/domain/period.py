"""The month, quarter or year of a report, at a place."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from energy.errors import InvalidPeriod

FORM = re.compile(r"(\d{4})(?:-(?:(\d{2})|Q(\d)))?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2200
MONTHS, QUARTERS, MONTHS_OF_QUARTER = 12, 4, 3


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open, from local midnight to local midnight, in UTC. `name`: 2026-10, 2026-Q4 or
    2026."""

    name: str
    begins: datetime
    ends: datetime


def period_of(name: str, zone: ZoneInfo) -> Period:
    """Raises InvalidPeriod."""
    found = FORM.fullmatch(name)
    if found is None:
        raise InvalidPeriod
    year, month, quarter = (int(part) if part else None for part in found.groups())
    assert year is not None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidPeriod
    first, count = 1, MONTHS
    if month is not None:
        first, count = month, 1
    elif quarter is not None:
        first, count = (quarter - 1) * MONTHS_OF_QUARTER + 1, MONTHS_OF_QUARTER
    if not 1 <= first <= MONTHS:
        raise InvalidPeriod
    last = first + count
    ends_year, ends_month = (year + 1, last - MONTHS) if last > MONTHS else (year, last)
    return Period(name, _midnight(year, first, zone), _midnight(ends_year, ends_month, zone))


def _midnight(year: int, month: int, zone: ZoneInfo) -> datetime:
    return datetime(year, month, 1, tzinfo=zone).astimezone(UTC)
