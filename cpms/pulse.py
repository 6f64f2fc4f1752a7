"""That beat sends and a worker does: noted every few seconds in Redis, where losing it is no
loss. Read by `manage.py doctor`."""

from datetime import datetime

from django.core.cache import caches

BEAT_EVERY_S = 10
KEY = "last_beat"


def note_beat(*, now: datetime) -> None:
    """A worker did what beat has sent."""
    caches["redis"].set(KEY, now.isoformat(), timeout=None)


def last_beat() -> datetime | None:
    """When that happened last. Raises redis.RedisError when Redis is away."""
    text = caches["redis"].get(KEY)
    return datetime.fromisoformat(text) if text else None
