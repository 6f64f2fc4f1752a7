"""What stations ask of those above them."""

from collections.abc import Mapping, Sequence
from typing import Protocol


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
