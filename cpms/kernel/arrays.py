"""Columns as PostgreSQL array literals, for `unnest(%s::bigint[], …)`.

Ten times cheaper than letting the driver convert a list element by element, which matters where
thousands of rows a second go in.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def numbers(values: Iterable[int | float | None]) -> str:
    """`{1,NULL,3}` of whole or real numbers."""
    return "{" + str(list(values))[1:-1].replace("None", "NULL") + "}"


def instants(values: Iterable[datetime | None]) -> str:
    """`{2026-01-01T00:00:00+00:00,NULL}` of aware datetimes."""
    return "{" + ",".join(["NULL" if at is None else instant(at) for at in values]) + "}"


def instant(at: datetime) -> str:
    """`2026-01-01T00:00:00.000000+00` of an aware datetime. Thousands of rows a second share a
    few whole seconds: three times cheaper than `isoformat`."""
    since = at - EPOCH
    return f"{_whole_second(since.days, since.seconds)}.{since.microseconds:06d}+00"


@lru_cache(maxsize=1024)
def _whole_second(days: int, seconds: int) -> str:
    return (EPOCH + timedelta(days, seconds)).strftime("%4Y-%m-%dT%H:%M:%S")


def texts(values: Iterable[str | None]) -> str:
    """Quoted, backslashes and quotes escaped; what PostgreSQL cannot store in a text is left out."""
    return "{" + ",".join(["NULL" if text is None else _quoted(text) for text in values]) + "}"


def documents(values: Iterable[Any]) -> str:
    """JSON documents; None is NULL."""
    return texts(None if value is None else json.dumps(value) for value in values)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{storable(escaped)}"'


def storable(text: str) -> str:
    """`text` without NUL and lone surrogates, which PostgreSQL's texts cannot hold."""
    if text.isascii():
        return text.replace("\0", "")
    return text.encode("utf-8", "replace").decode().replace("\0", "")
