"""What the door refuses, counted for people to see.

Gathered in memory and written every few seconds, so a flood of wrong keys costs one statement;
where names come faster than that, the rest of them is counted under none.
"""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from django.db import DatabaseError

from ocpp_gateway.door import LONGEST_IDENTITY, PREFIX
from ocpp_gateway.threads import in_thread
from stations.services.refusals import Refusal, count_refusals

log = logging.getLogger(__name__)

WRITTEN_AFTER_S = 2.0
MOST_AT_ONCE = 200
COUNTED = frozenset({400, 401, 404})  # 429 and 503 say nothing of the station


class Refusals:
    """One per process."""

    def __init__(self) -> None:
        self._counts: Counter[Refusal] = Counter()
        self._task: asyncio.Task[None] | None = None

    def note(self, scope: Any, status: int) -> None:
        """A handshake was answered with an HTTP status."""
        if status not in COUNTED:
            return
        source = (scope.get("client") or ("",))[0]
        refusal = Refusal(identity_in(scope), source, status)
        if refusal not in self._counts and len(self._counts) >= MOST_AT_ONCE:
            refusal = Refusal("", "", status)
        self._counts[refusal] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._counts:
            await asyncio.sleep(WRITTEN_AFTER_S)
            counts, self._counts = self._counts, Counter()
            try:
                await in_thread(count_refusals, counts=counts, now=datetime.now(UTC))
            except DatabaseError as fault:
                log.warning("refusals not counted", extra={"fault": str(fault)})


def identity_in(scope: Any) -> str:
    """What the path names, as text that can be stored and shown."""
    raw = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    text = unquote(raw.removeprefix(PREFIX).decode("latin-1"), errors="replace")
    return "".join(char for char in text if char.isprintable())[:LONGEST_IDENTITY]
