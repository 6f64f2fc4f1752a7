"""Limits on failed attempts, before any look-up, and on how fast one station may talk.

Of attempts only failures are counted, so a fleet behind one address that reconnects with right
keys is not slowed down. Kept in this process: a limit, not a truth.
"""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Failures that may still happen, refilled over time."""

    left: float
    at: float


class FailureLimit:
    """Token buckets by key; the least recently used are forgotten."""

    def __init__(self, burst: float, per_second: float, most_keys: int = 50_000) -> None:
        self._burst, self._per_second, self._most_keys = burst, per_second, most_keys
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def is_exhausted(self, key: str, now: float) -> bool:
        bucket = self._buckets.get(key)
        return bucket is not None and self._refilled(bucket, now) < 1

    def failed(self, key: str, now: float) -> None:
        bucket = self._buckets.pop(key, None) or Bucket(self._burst, now)
        bucket.left, bucket.at = self._refilled(bucket, now) - 1, now
        self._buckets[key] = bucket
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)

    def _refilled(self, bucket: Bucket, now: float) -> float:
        return min(self._burst, bucket.left + (now - bucket.at) * self._per_second)


class Pace:
    """How fast the frames of one socket are taken: so many at once, then so many a second. What
    comes faster is not dropped; it waits in the station's own network buffers."""

    def __init__(self, at_once: int, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._credit_s = at_once / per_second
        self._due_at = now

    def pause_after(self, frames: int, now: float) -> float:
        """Seconds to wait after so many frames more."""
        self._due_at = max(self._due_at, now) + frames / self._per_second
        return max(0.0, self._due_at - self._credit_s - now)
