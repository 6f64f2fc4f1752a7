"""What an OCPI version brings to those below it: its way to tell objects of ours.

A version folder fills this at start-up, so services push without knowing versions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sending:
    """One request of a push: the path below the module's endpoint, and the body."""

    method: str
    path: tuple[str, ...]
    body: Json | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the partner know the object as it is now: requests in order (none: it does
    already), and what it knows then. `whole` is sent instead when it turns out that the partner
    lacks what was to be changed."""

    sendings: tuple[Sending, ...]
    delivered: Json
    whole: Sending | None = None
    sender: tuple[str, str] | None = None  # our party that the object belongs to


class Edition(Protocol):
    """One OCPI version, spoken as CPO."""

    version: str

    def endpoints(self) -> list[Json]:
        """Ours, as version details list them."""
        ...

    def plan(self, module: str, object_id: str, delivered: Json | None, now: datetime) -> Plan:
        """How to bring a partner up to date, given what it knows."""
        ...


_editions: dict[str, Edition] = {}


def fill(edition: Edition) -> None:
    """Say how a version is spoken (at start-up)."""
    _editions[edition.version] = edition


def editions() -> dict[str, Edition]:
    """The versions that we speak, oldest first."""
    return dict(sorted(_editions.items(), key=lambda entry: rank(entry[0])))


def edition(version: str) -> Edition:
    return _editions[version]


def rank(version: str) -> tuple[int, ...]:
    """Orders versions by number: 2.2.1 before 2.10."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))
