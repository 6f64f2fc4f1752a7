"""News between apps: typed, synchronous, told only after the change is stored.

Calls go down the layers; news travels up. A lower app publishes a frozen dataclass and does not
know who listens; an upper app subscribes in the `ready()` of its `apps.py`.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger(__name__)

E = TypeVar("E")

_subscribers: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)


def _at_once(tell: Callable[[], None]) -> None:
    tell()


_when_committed: Callable[[Callable[[], None]], None] = _at_once


def set_commit_hook(hook: Callable[[Callable[[], None]], None]) -> None:
    """Say how `publish` waits for the commit (Django's `transaction.on_commit`)."""
    global _when_committed  # noqa: PLW0603 -- set once at start-up, so that the kernel knows no framework
    _when_committed = hook


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """Call `handler` with every event of exactly this type. Subscribing twice counts once."""
    if handler not in _subscribers[event_type]:
        _subscribers[event_type].append(handler)


def publish(event: object) -> None:
    """Tell subscribers when the present transaction commits; at once where there is none."""
    _when_committed(lambda: deliver(event))


def deliver(event: object) -> None:
    """Tell subscribers now. A subscriber's failure is logged and hurts nobody else: the change
    is stored already, and whatever it owes the outside is a row that a sweep will find."""
    for handler in _subscribers[type(event)]:
        try:
            handler(event)
        except Exception:  # any bug of theirs: who published has committed, and goes on
            log.exception("subscriber failed", extra={"event_type": type(event).__name__})
