"""Times and lengths of time as grid operators write them, which is not always as they should."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dso.errors import BadMessage

INFINITE_YEARS = 1_000  # OpenADR writes "for ever" as P9999Y
DURATION = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
DAYS = (365, 30, 7, 1)  # of a year, month, week, day: months are to be avoided (User Guide §7.3)
SECONDS = (3600, 60, 1)


def instant(value: Any, name: str) -> datetime:
    """An RFC 3339 date-time; a blank instead of the T is let pass, and without a zone it is UTC.
    Raises BadMessage."""
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (AttributeError, TypeError, ValueError, OverflowError) as fault:
        raise BadMessage(f"{name}: {value!r:.60} is not a date-time") from fault


def has_zone(value: Any) -> bool:
    """Whether a date-time that `instant` reads says in which zone it is."""
    return datetime.fromisoformat(value.strip()).tzinfo is not None


def duration(value: Any, name: str) -> timedelta | None:
    """An ISO 8601 duration; None: without end. Raises BadMessage."""
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not any(found.groups()):
        raise BadMessage(f"{name}: {value!r:.60} is not a duration")
    if int(found[1] or 0) >= INFINITE_YEARS:
        return None
    numbers = [float(text or 0) for text in found.groups()]
    days = sum(number * length for number, length in zip(numbers[:4], DAYS, strict=True))
    seconds = sum(number * length for number, length in zip(numbers[4:], SECONDS, strict=True))
    return timedelta(days=days, seconds=seconds)


def written(at: datetime) -> str:
    """`2026-06-01T12:00:00Z`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
