"""How a sweep goes through what it found."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import OperationalError, transaction

Key = TypeVar("Key")

log = logging.getLogger(__name__)


def each(keys: Iterable[Key], settle: Callable[[Key], bool]) -> int:
    """Settle each in a transaction of its own; returns how many were. One that cannot be is
    logged and keeps no other waiting; the next sweep tries it again."""
    settled = 0
    for key in keys:
        try:
            with transaction.atomic():
                settled += settle(key)
        except OperationalError:  # the database is away or busy: so it is for the others
            raise
        except Exception:  # a bug met in one row must not keep all the others from being settled
            log.exception("sweep failed", extra={"key": str(key)})
    return settled
