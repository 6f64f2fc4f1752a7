"""Partitions of tables that grow by time: made ahead, dropped by age."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

MESSAGE_LOG = "stations_ocppmessage"
DAYS_AHEAD = 3
COLUMN = """
SELECT attname FROM pg_partitioned_table JOIN pg_attribute
ON attrelid = partrelid AND attnum = partattrs[0] WHERE partrelid = to_regclass(%s)
"""


def ensure_daily(*, table: str, now: datetime, ahead: int = DAYS_AHEAD) -> None:
    """Partitions of `table` for today and the days ahead."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for offset in range(ahead + 1):
        first = today + timedelta(days=offset)
        _ensure(table, f"{first:%Y%m%d}", first, first + timedelta(days=1))


def ensure_monthly(*, table: str, now: datetime, ahead: int = 2) -> None:
    """Partitions of `table` for the previous month, this one and the months ahead."""
    for first, after in months_around(now, ahead):
        _ensure(table, f"{first:%Y%m}", first, after)


def months_around(now: datetime, ahead: int) -> Iterator[tuple[datetime, datetime]]:
    """The first instants of each month and of the next one, from the previous month on."""
    start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    first = (start - timedelta(days=1)).replace(day=1)
    for _ in range(ahead + 2):
        after = (first + timedelta(days=32)).replace(day=1)
        yield first, after
        first = after


def _ensure(table: str, suffix: str, first: datetime, after: datetime) -> None:
    """Create one partition; what already lies in the default partition moves into it."""
    name = f"{table}_{suffix}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)")
        cursor.execute(COLUMN, [table])
        column = cursor.fetchone()[0]
        cursor.execute(
            f"WITH moved AS (DELETE FROM {table}_default"  # noqa: S608 -- names of ours
            f" WHERE {column} >= %s AND {column} < %s"
            f" RETURNING *) INSERT INTO {name} SELECT * FROM moved",
            [first, after],
        )
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
            [first, after],
        )


def drop_old_messages(*, now: datetime) -> int:
    """Drop the message log's partitions that are older than `OCPP_MESSAGE_LOG_DAYS`."""
    return keep_days(table=MESSAGE_LOG, days=settings.OCPP.message_log_days, now=now)


def keep_days(*, table: str, days: int, now: datetime) -> int:
    """Make the daily partitions of `table` ahead and drop those older than so many days.
    Returns how many were dropped."""
    ensure_daily(table=table, now=now)
    oldest = now.astimezone(UTC) - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)",
            [table],
        )
        names = [row[0] for row in cursor.fetchall()]
        old = [
            name
            for name in names
            if name.rpartition("_")[2].isdecimal() and name < f"{table}_{oldest:%Y%m%d}"
        ]
        for name in old:
            cursor.execute(f"DROP TABLE {name}")
    return len(old)
