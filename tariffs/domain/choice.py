"""Which of several tariffs prices a session: the one rule, over what each of them says.

Of those that hold, in this order: a price agreed with the token's issuer before one for
everyone; the narrowest place; the type that the session asks for; the tariff that began last,
then the one assigned last. Paying ad hoc, the regular price is better than none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tariffs.domain.model import AD_HOC_PAYMENT, PROFILE, REGULAR
from tariffs.domain.places import EVERYONE, Party, Place

LONG_AGO = datetime.min.replace(tzinfo=UTC)
AD_HOC_USER = "AD_HOC_USER"  # OCPI TokenType


@dataclass(frozen=True, slots=True)
class Occasion:
    """A session that begins: where, when, of which OCPI TariffType, with whose token (EVERYONE:
    the CPO's own, or an unknown one)."""

    evse_id: int
    location_id: int
    at: datetime
    kind: str = REGULAR
    party: Party = EVERYONE


@dataclass(frozen=True, slots=True)
class Offer:
    """A tariff where it is assigned, as its version in effect has it. `kind` is empty where it
    holds for every session; it holds for those that begin in [starts_at, ends_at). `order`
    grows with each assignment."""

    version_id: int
    currency: str
    place: Place
    order: int
    kind: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def kind_of(token_type: str, profile: str) -> str:
    """The TariffType that a session asks for, by OCPI's TokenType and the ProfileType that its
    driver prefers."""
    if token_type == AD_HOC_USER:
        return AD_HOC_PAYMENT
    return f"{PROFILE}{profile}" if profile and profile != REGULAR else REGULAR


def chosen(offers: Iterable[Offer], occasion: Occasion) -> Offer | None:
    """The offer that prices the session; None: it costs nothing."""
    offers = list(offers)
    for kinds in _kinds(occasion.kind):
        holding = [offer for offer in offers if _holds(offer, occasion, kinds)]
        if holding:
            return min(holding, key=lambda offer: _rank(offer, kinds))
    return None


def _kinds(asked: str) -> list[list[str]]:
    """Which types price a session, the best first, and which do where none of those holds. Where
    a preferred profile is not on offer, charging is regular; who pays ad hoc pays the regular
    price only where no other is said to be theirs, anywhere."""
    if asked.startswith(PROFILE):
        return [[asked, REGULAR, ""]]
    return [[asked, ""], [REGULAR]] if asked == AD_HOC_PAYMENT else [[asked, ""]]


def _holds(offer: Offer, occasion: Occasion, kinds: list[str]) -> bool:
    return (
        offer.kind in kinds
        and offer.place.party in (EVERYONE, occasion.party)
        and (offer.starts_at is None or offer.starts_at <= occasion.at)
        and (offer.ends_at is None or occasion.at < offer.ends_at)
    )


def _rank(offer: Offer, kinds: list[str]) -> tuple[bool, int, int, float, int]:
    """The smallest wins."""
    return (
        offer.place.party == EVERYONE,
        offer.place.breadth,
        kinds.index(offer.kind),
        -(offer.starts_at or LONG_AGO).timestamp(),
        -offer.order,
    )
