"""What stations ask of those above them, and tell them inside its own transactions."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class TariffBook(Protocol):
    """Makes exactly these tariffs (by OCPI id) hold at connectors (by primary key). Raises
    Invalid for an unknown tariff."""

    def __call__(self, wanted: Mapping[int, Sequence[str]]) -> None: ...


_books: list[TariffBook] = []


def fill(port: TariffBook) -> None:
    """Say who knows tariffs (at start-up)."""
    _books[:] = [port]


def assign_tariffs(wanted: Mapping[int, Sequence[str]]) -> None:
    """OCPI's `tariff_ids` of connectors."""
    for book in _books:
        book(wanted)


class Settled(Protocol):
    """A command that has its outcome (a StationCommand). `sent_at` is None when it never left
    us."""

    pk: UUID
    station_id: int
    status: str
    payload: Any
    response: Any
    error: Any
    sent_at: datetime | None


Effect = Callable[[Settled, datetime], None]

_effects: dict[str, list[Effect]] = defaultdict(list)


def when_settled(action: str, effect: Effect) -> None:
    """Say what the outcome of such commands changes (at start-up): it is called in the
    transaction that settles one, so that neither is without the other."""
    if effect not in _effects[action]:
        _effects[action].append(effect)


def apply_effects(action: str, command: Settled, now: datetime) -> None:
    for effect in _effects[action]:
        effect(command, now)
