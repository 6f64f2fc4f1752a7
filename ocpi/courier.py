"""What brings partners what they are owed: in each worker one thread, which looks at the database
as soon as somebody says that something changed, and each second anyway.

What is said is only that there is news (docs/adr/0003); what the news is, rows say. Without
Redis partners hear a second later.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from cpms import wakeups
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import end_pushes, start_pushes
from ocpi.services.results import start_results

CHANNEL = "ocpi"
SWEEP_S = 1.0
FINISH_WITHIN_S = 3.0

log = logging.getLogger(__name__)


def wake() -> None:
    """Say that there may be something to tell partners. Returns at once and never raises."""
    wakeups.publish(CHANNEL, {})


def look() -> None:
    """Do what is due now. Pushes and results go on in threads of their own."""
    now = timezone.now()
    spread_changes(now=now)
    start_pushes(now=now)
    start_results(now=now)


class Courier:
    """Looks whenever it is woken, and `sweep_s` after it looked last."""

    def __init__(self, look: Callable[[], None] = look, sweep_s: float = SWEEP_S) -> None:
        self._look, self._sweep_s = look, sweep_s
        self._news = threading.Event()
        self._is_over = threading.Event()
        self._hearing: asyncio.Task[None] | None = None
        self._threads = [
            threading.Thread(target=self._run, name="ocpi-courier", daemon=True),
            threading.Thread(target=self._hear, name="ocpi-wakeups", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        self._news.set()
        if self._hearing is not None:
            self._hearing.get_loop().call_soon_threadsafe(self._hearing.cancel)
        for thread in self._threads:
            thread.join(FINISH_WITHIN_S)

    def _run(self) -> None:
        while not self._is_over.is_set():
            self._news.clear()
            try:
                self._look()
            except Exception:  # nobody above would start it again, and what failed may pass
                log.exception("looking for what partners are owed failed")
            finally:
                connection.close()
            self._news.wait(self._sweep_s)

    def _hear(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._hearing = asyncio.current_task()
        async for _ in wakeups.listen(CHANNEL):
            self._news.set()


_courier = Courier()


def start() -> None:
    """Begin, in a process that lives long."""
    _courier.start()


def stop() -> None:
    """End, and let no lease outlive this process."""
    _courier.stop()
    end_pushes(within_s=FINISH_WITHIN_S)
