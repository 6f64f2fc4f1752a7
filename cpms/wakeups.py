"""Wake-ups over Redis: "something changed, look at the database".

Nothing that matters is ever only here: a lost wake-up costs latency until the next sweep.
Publishing never raises. Channel names carry the deployment's key prefix.
"""

import asyncio
import atexit
import logging
import threading
from collections.abc import AsyncIterator
from functools import cache
from itertools import islice
from typing import Any

import orjson
import redis
import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)

TIMEOUT_S = 2.0
RETRY_S = 1.0
MOST_AT_ONCE = 200
LONGEST_QUEUE = 10_000  # older wake-ups are dropped first: the newest says the same


def full_name(channel: str) -> str:
    """The channel's name in Redis."""
    return f"{settings.KEY_PREFIX}{channel}"


def publish(channel: str, payload: dict[str, Any]) -> None:
    """Wake whoever listens on `channel`. Best effort; returns at once, from a thread or a loop.
    What is already waiting to be said is not said twice."""
    _sender().put(full_name(channel), orjson.dumps(payload))


def is_reachable() -> bool:
    """Whether Redis answers a PING."""
    try:
        return bool(_client().ping())
    except (redis.RedisError, OSError):
        return False


async def listen(*channels: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield `(channel, payload)` for ever, over outages of Redis.

    After each (re)connection it yields `("", {})` first: whatever was said meanwhile is lost,
    so the listener must look at the database.
    """
    names = {full_name(channel): channel for channel in channels}
    while True:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(*names)
                yield "", {}
                async for message in pubsub.listen():
                    yield names[message["channel"].decode()], orjson.loads(message["data"])
        except (redis.RedisError, OSError, ValueError) as fault:
            log.warning("wake-ups interrupted", extra={"fault": str(fault)})
            await asyncio.sleep(RETRY_S)
        finally:
            await client.aclose()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
    )


class _Sender:
    """One thread that talks to Redis, so that nobody waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: dict[tuple[str, bytes], None] = {}
        self._something = threading.Event()
        self._idle = threading.Event()
        threading.Thread(target=self._run, name="wakeups", daemon=True).start()
        atexit.register(self.flush)

    def put(self, name: str, text: bytes) -> None:
        self._idle.clear()
        with self._lock:
            self._queue.setdefault((name, text))
            if len(self._queue) > LONGEST_QUEUE:
                del self._queue[next(iter(self._queue))]
        self._something.set()

    def flush(self) -> None:
        """Wait, but not long, until all is sent."""
        self._idle.wait(TIMEOUT_S)

    def _run(self) -> None:
        while True:
            self._something.wait()
            self._something.clear()
            self._send_all()
            self._idle.set()

    def _taken(self) -> list[tuple[str, bytes]]:
        with self._lock:
            batch = list(islice(self._queue, MOST_AT_ONCE))
            for one in batch:
                del self._queue[one]
        return batch

    def _send_all(self) -> None:
        while batch := self._taken():
            try:
                with _client().pipeline(transaction=False) as pipeline:
                    for name, text in batch:
                        pipeline.publish(name, text)
                    pipeline.execute()
            except (redis.RedisError, OSError) as fault:
                log.warning("wake-ups not sent", extra={"fault": str(fault), "lost": len(batch)})


@cache
def _sender() -> _Sender:
    return _Sender()
