"""Connections that were not let in: counted, shown to people, forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from stations.models import RefusedConnection

MOST_KEPT = 2_000

COUNT = """
INSERT INTO stations_refusedconnection AS held
    (identity, remote_address, status, count, first_at, last_at)
SELECT identity, remote_address, status, count, %s, %s
FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::bigint[])
    AS news (identity, remote_address, status, count)
ORDER BY identity, remote_address, status
ON CONFLICT ON CONSTRAINT refusal_counted_once DO UPDATE
SET count = held.count + EXCLUDED.count, last_at = greatest(held.last_at, EXCLUDED.last_at)
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who was refused, from where, and the HTTP status it got."""

    identity: str
    remote_address: str
    status: int


def count_refusals(*, counts: Mapping[Refusal, int], now: datetime) -> None:
    """Add to what was counted so far; in one order, so that two processes never deadlock."""
    refusals = list(counts)
    columns: list[list[Any]] = [
        [refusal.identity for refusal in refusals],
        [refusal.remote_address for refusal in refusals],
        [refusal.status for refusal in refusals],
        [counts[refusal] for refusal in refusals],
    ]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [now, now, *columns])


def forget_refusals(*, most: int = MOST_KEPT) -> int:
    """Keep the newest. Returns how many went: a flood of names must not fill the disk."""
    kept = RefusedConnection.objects.order_by("-last_at", "-pk").values("pk")[:most]
    gone, _kinds = RefusedConnection.objects.exclude(pk__in=kept).delete()
    return gone
