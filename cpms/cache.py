"""The cache: what may be lost at any moment, above all how often somebody failed to log in.

A Redis that is away must lock nobody out, so that an entry is then absent and a write is lost.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

AWAY = (RedisError, OSError)
T = TypeVar("T")


class Forgetful(RedisCache):
    """Redis while it is there, else an empty cache. `redis` is another name for it that raises."""

    def add(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return self._or(True, super().add, key, *args, **kwargs)  # noqa: FBT003 -- nobody else has it

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._or(default, super().get, key, default, version)

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        self._or(None, super().set, key, *args, **kwargs)

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return self._or(False, super().touch, key, *args, **kwargs)  # noqa: FBT003 -- it is absent

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._or(False, super().delete, key, version)  # noqa: FBT003 -- it was absent

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return self._or({}, super().get_many, keys, version)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._or(False, super().has_key, key, version)  # noqa: FBT003 -- it is absent

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._or(delta, super().incr, key, delta, version)

    def set_many(self, data: Mapping[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        return self._or(list(data), super().set_many, data, *args, **kwargs)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._or(None, super().delete_many, keys, version)

    def _or(self, otherwise: T, ask: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return ask(*args, **kwargs)
        except AWAY as fault:
            log.warning("cache is away", extra={"fault": str(fault)})
            return otherwise
