"""OCPI DateTime (2.2.1 §17.2): UTC, with or without Z, fraction or not."""

import re
from datetime import UTC, datetime

SHAPE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
FRACTION = re.compile(r"(\.\d{6})\d+")


def parsed(text: str) -> datetime | None:
    """The instant, or None for what is no DateTime; without an offset it is UTC."""
    if not SHAPE.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(FRACTION.sub(r"\1", text))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def written(instant: datetime) -> str:
    """With Z, and with milliseconds where there are some."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")
