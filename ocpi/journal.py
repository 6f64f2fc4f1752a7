"""The log of exchanges with partners, written beside them.

Whoever speaks to a partner only puts the exchange into a queue: a thread of this process blots
out what is secret and stores it, in transactions and over a connection of its own. Under
pressure, or without a database, lines are lost and counted; the exchange itself never waits.
"""

import atexit
import logging
import queue
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from time import monotonic

from django.db import connection, transaction
from prometheus_client import Counter

from ocpi.domain.exchanges import Exchange, Written, written
from ocpi.domain.replies import OK, SUCCESSES

log = logging.getLogger(__name__)

MOST_WAITING, MOST_AT_ONCE = 500, 100
STRANGERS_A_MINUTE = 60  # exchanges with who could not say who it is
PATIENCE_S = 2.0
LARGEST_INT = 2**31 - 1
DROPPED = Counter("cpms_ocpi_message_log_dropped_total", "OCPI exchanges not logged.")

STORE = """
INSERT INTO ocpi_message (at, partner_id, direction, method, module, url, http_status, status_code,
    is_fault, duration_ms, request_id, request, answer, error)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class Journal:
    """A queue, and a thread that empties it."""

    def __init__(self, store: Callable[[list[Exchange]], None]) -> None:
        self._store = store
        self._waiting: queue.Queue[Exchange] = queue.Queue(MOST_WAITING)
        self._minute, self._strangers = 0, 0
        threading.Thread(target=self._run, name="ocpi-journal", daemon=True).start()
        atexit.register(self.flush)

    def note(self, exchange: Exchange) -> None:
        """Log it soon. Returns at once and never raises."""
        if exchange.partner_id is None and not self._hears_strangers():
            DROPPED.inc()
            return
        try:
            self._waiting.put_nowait(exchange)
        except queue.Full:
            DROPPED.inc()

    def flush(self) -> None:
        """Wait, but not long, until what was noted is stored."""
        until = monotonic() + PATIENCE_S
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks and monotonic() < until:
                self._waiting.all_tasks_done.wait(until - monotonic())

    def _hears_strangers(self) -> bool:
        minute = int(monotonic() // 60)
        if minute != self._minute:
            self._minute, self._strangers = minute, 0
        self._strangers += 1
        return self._strangers <= STRANGERS_A_MINUTE

    def _run(self) -> None:
        while True:
            batch = self._batch()
            try:
                self._store(batch)
            except Exception as fault:  # noqa: BLE001 -- a log must not end with one line of it
                DROPPED.inc(len(batch))
                log.warning("exchanges not logged", extra={"fault": str(fault)})
            for _ in batch:
                self._waiting.task_done()

    def _batch(self) -> list[Exchange]:
        batch = [self._waiting.get()]
        while len(batch) < MOST_AT_ONCE:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return batch


def store(exchanges: Iterable[Exchange]) -> None:
    """Store these; the connection is given back, whose next use may be hours away."""
    rows = [_row(exchange, written(exchange)) for exchange in exchanges]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(STORE, rows)
    finally:
        connection.close()


def _row(exchange: Exchange, texts: Written) -> list[str | int | datetime | None]:
    code = exchange.code
    is_taken = exchange.http in OK and code is not None and code // 100 in SUCCESSES
    return [
        exchange.at, exchange.partner_id, exchange.direction, exchange.method[:10],
        texts.module[:20], texts.url, exchange.http,
        code if code is None or abs(code) <= LARGEST_INT else LARGEST_INT,
        not is_taken, exchange.ms, exchange.request_id[:128], texts.request, texts.answer,
        texts.error,
    ]  # fmt: skip


def note(exchange: Exchange) -> None:
    """Log an exchange, beside whoever goes on."""
    _journal().note(exchange)


def flush() -> None:
    """Wait, but not long, until what was noted is stored."""
    _journal().flush()


@cache
def _journal() -> Journal:
    return Journal(store)
