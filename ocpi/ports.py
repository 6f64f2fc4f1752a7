"""What an OCPI version brings to those below it: its way to tell objects of ours.

A version folder fills this at start-up, so services push without knowing versions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from booking.domain.facts import IssuedToken, IssuerAnswer, Whereabouts
from ocpi.domain.replies import Reply

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sending:
    """One request to a partner: the path below the module's endpoint, the body, the query."""

    method: str
    path: tuple[str, ...]
    body: Json | None = None
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the partner know the object as it is now: requests in order (none: it does
    already), and what it knows then. `whole` is sent instead when it turns out that the partner
    lacks what was to be changed."""

    sendings: tuple[Sending, ...]
    delivered: Json
    whole: Sending | None = None
    sender: tuple[str, str] | None = None  # our party that the object belongs to


@dataclass(frozen=True, slots=True)
class TokenPage:
    """The tokens of a page, and what was left out of it."""

    tokens: Sequence[IssuedToken]
    faults: Sequence[str] = ()


class Edition(Protocol):
    """One OCPI version, spoken as CPO. `told`: the modules whose objects are pushed in it."""

    version: str
    told: frozenset[str]

    def endpoints(self) -> list[Json]:
        """Ours, as version details list them."""
        ...

    def shaped(self, module: str, body: Json) -> Json:
        """An object of a module as this version writes it, from how 2.2.1 does."""
        ...

    def plan(
        self,
        module: str,
        object_id: str,
        delivered: Json | None,
        now: datetime,
        parties: set[tuple[str, str]],
    ) -> Plan:
        """How to bring a partner, which speaks for these parties, up to date, given what it
        knows."""
        ...

    def authorize(self, uid: str, kind: str, where: Whereabouts) -> Sending:
        """The question whether a token may charge somewhere, to its issuer's tokens module."""
        ...

    def authorization_in(
        self, reply: Reply, uid: str, parties: Collection[tuple[str, str]], where: Whereabouts
    ) -> IssuerAnswer | None:
        """What the answer of a partner that speaks for `parties` says; None: nothing that can
        be used."""
        ...

    def tokens_in(self, listed: list[Any], parties: Collection[tuple[str, str]]) -> TokenPage:
        """A page of the tokens of a partner that speaks for `parties`."""
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
