"""How often somebody may fail to log in. Counted in Redis; without it nobody is locked out."""

import hashlib
from contextlib import suppress

from django.core.cache import cache

from accounts.errors import TooManyAttempts

WINDOW_S = 300
MOST_OF_PAIR, MOST_OF_ONE = 10, 100  # failures of an address with an e-mail; of either alone


def check(email: str, address: str) -> None:
    """Raises TooManyAttempts."""
    limits = _limits(email, address)
    failures = cache.get_many(limits)
    if any(failures.get(key, 0) >= most for key, most in limits.items()):
        raise TooManyAttempts(retry_after_s=WINDOW_S)


def count_failure(email: str, address: str) -> None:
    for key in _limits(email, address):
        cache.add(key, 0, WINDOW_S)
        with suppress(ValueError):  # it expired in between
            cache.incr(key)


def _limits(email: str, address: str) -> dict[str, int]:
    name = email.strip().lower()
    return {
        _key("pair", name, address): MOST_OF_PAIR,
        _key("email", name): MOST_OF_ONE,
        _key("address", address): MOST_OF_ONE,
    }


def _key(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"log-in:{digest}"
