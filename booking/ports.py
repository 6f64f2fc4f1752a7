"""What the driver's journey asks of those above it: the issuers of tokens that are not ours.

The network is the caller's business, outside of every transaction: `inquiries` reads the
database, an `Inquiry` only the network, and `booking.services.settle_question` stores what was
answered.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from booking.domain.facts import IssuerAnswer, Whereabouts

ANSWER_WITHIN_S = 4.0  # a driver stands at the station

PartyKey = tuple[str, str]


class Inquiry(Protocol):
    """One question to one issuer. Takes at most ANSWER_WITHIN_S; None: no answer."""

    def __call__(self) -> IssuerAnswer | None: ...


class Issuers(Protocol):
    """Knows whom to ask (OCPI 2.2.1 §12.2.1.2): the issuer `party`, or, where that is not
    known, everybody who answers such questions."""

    def __call__(
        self, uid: str, kind: str, party: PartyKey | None, where: Whereabouts, now: datetime
    ) -> Sequence[Inquiry]: ...


_issuers: list[Issuers] = []


def fill(port: Issuers) -> None:
    """Say who knows issuers (the roaming edge, at start-up)."""
    _issuers[:] = [port]


def inquiries(
    uid: str, kind: str, party: PartyKey | None, where: Whereabouts, now: datetime
) -> Sequence[Inquiry]:
    """Whom to ask; nobody where nothing roams."""
    return _issuers[0](uid, kind, party, where, now) if _issuers else ()
