"""Routing headers (2.2.1 §4.3): who says it speaks to whom. Identity is the token's, never
theirs; they are checked against it and told back the other way round."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ocpi.errors import InvalidParameter

PartyKey = tuple[str, str]
FROM = ("OCPI-from-country-code", "OCPI-from-party-id")
TO = ("OCPI-to-country-code", "OCPI-to-party-id")


@dataclass(frozen=True, slots=True)
class Route:
    """Whom a request comes from and which of our parties it is for, as far as it says."""

    sender: PartyKey | None
    receiver: PartyKey | None

    def answered(self) -> dict[str, str]:
        """The headers of the answer."""
        headers: dict[str, str] = {}
        for names, key in ((FROM, self.receiver), (TO, self.sender)):
            if key is not None:
                headers |= dict(zip(names, key, strict=True))
        return headers


def route_of(
    headers: Mapping[str, str],
    theirs: Collection[PartyKey],
    ours: Callable[[], Collection[PartyKey]],
) -> Route:
    """The route of a request from a partner with the parties `theirs`. Raises InvalidParameter
    when it speaks for somebody else, or to somebody that we are not."""
    sender, receiver = _key(headers, FROM), _key(headers, TO)
    if sender is not None and sender not in theirs:
        raise InvalidParameter("OCPI-from names a party that is not yours.")
    if receiver is not None and receiver not in ours():
        raise InvalidParameter("OCPI-to names a party that is not ours.")
    return Route(sender, receiver)


def _key(headers: Mapping[str, str], names: tuple[str, str]) -> PartyKey | None:
    country_code, party_id = (headers.get(name, "").strip().upper() for name in names)
    return (country_code, party_id) if country_code or party_id else None
