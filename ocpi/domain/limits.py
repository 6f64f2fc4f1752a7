"""How many requests of a kind one partner may make. Known to this process alone: a limit, not a
truth."""

import threading
from collections.abc import Callable, Hashable
from time import monotonic

SAVED_S = 60.0  # of requests that were not made, so much may be made up for at once


class Limits:
    """So many requests a minute for each key; a minute without any lets as many come at once."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used_up_to: dict[Hashable, float] = {}  # each request uses its share of time

    def wait_s(self, key: Hashable, a_minute: int) -> float:
        """0: the request may be made, and counts. Else how long until the next one may."""
        with self._lock:
            now = self._clock()
            used = max(self._used_up_to.get(key, 0.0), now - SAVED_S)
            after = used + 60.0 / a_minute
            if after > now:
                return after - now
            self._used_up_to[key] = after
            return 0.0
