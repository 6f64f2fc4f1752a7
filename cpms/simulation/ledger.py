"""What stations said and heard, on disk before it happens.

One JSON object a line. `intent` is synced before the message is sent; then comes `acked`,
`refused` or `unknown`. An intent without outcome is unknown too: its writer died.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cpms.simulation.clock import timestamp

INTENT, ACKED, REFUSED, UNKNOWN = "intent", "acked", "refused", "unknown"


class Ledger:
    """Append-only; entries of all stations that come in the same moment share one fsync."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lines: list[bytes] = []
        self._written = 0
        self._synced = 0
        self._syncing: asyncio.Task[None] | None = None

    def note(self, event: str, **facts: Any) -> None:
        """Put an entry in line for the disk."""
        entry = {"at": timestamp(datetime.now(UTC)), "event": event, **facts}
        self._lines.append(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        self._written += 1

    async def durable(self) -> None:
        """Return once all that was noted so far is on disk."""
        target = self._written
        while self._synced < target:
            if self._syncing is None:
                self._syncing = asyncio.create_task(self._sync())
            await asyncio.shield(self._syncing)

    async def _sync(self) -> None:
        lines, self._lines = self._lines, []
        count = self._written
        await asyncio.to_thread(self._write, b"".join(lines))
        self._synced, self._syncing = count, None

    def _write(self, block: bytes) -> None:
        self._file.write(block)
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._write(b"".join(self._lines))
        self._lines = []
        self._file.close()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message with all its attempts. `entry` numbers it within its station; message ids
    differ per attempt, the content does not."""

    station: str
    entry: str
    action: str
    payload: dict[str, Any]
    outcome: str
    answer: dict[str, Any] | None
    message_ids: tuple[str, ...]
    local_transaction: int | None


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The entries; a last line torn by a crash is left out."""
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield json.loads(line)


def exchanges(path: Path) -> list[Exchange]:
    """What became of every message: acknowledged if any of its attempts was."""
    found: dict[tuple[str, str], Exchange] = {}
    for line in read(path):
        key = (line["station"], line["entry"])
        if line["event"] == INTENT:
            found[key] = _attempt(found.get(key), line)
        elif found[key].outcome != ACKED:
            found[key] = replace(found[key], outcome=line["event"], answer=line.get("answer"))
    return list(found.values())


def acknowledged(path: Path) -> list[Exchange]:
    """The messages that the other side promised to have kept."""
    return [exchange for exchange in exchanges(path) if exchange.outcome == ACKED]


def _attempt(before: Exchange | None, line: dict[str, Any]) -> Exchange:
    if before is not None:
        ids = (*before.message_ids, line["message_id"])
        return replace(before, payload=line["payload"], message_ids=ids)
    return Exchange(
        station=line["station"],
        entry=line["entry"],
        action=line["action"],
        payload=line["payload"],
        outcome=UNKNOWN,
        answer=None,
        message_ids=(line["message_id"],),
        local_transaction=line["local_transaction"],
    )
