"""A page of an issuer's tokens (§12.2.2.1), read with lenience: what is malformed or another
party's is left out, and said."""

from collections.abc import Collection
from typing import Any

from booking.domain.facts import IssuedToken
from ocpi.domain.bodies import without_nulls
from ocpi.domain.datetimes import parsed
from ocpi.ports import TokenPage
from ocpi.v221.mapping import issued_token
from stations.schemas import faults_in


def tokens_in(listed: list[Any], parties: Collection[tuple[str, str]], version: str) -> TokenPage:
    """The tokens of these parties on a page."""
    tokens: list[IssuedToken] = []
    faults: list[str] = []
    for body in map(without_nulls, listed):
        if found := faults_in("Token", body, version):
            faults.append(found[0])
        elif (body["country_code"].upper(), body["party_id"].upper()) not in parties:
            faults.append("a token of a party that is not the partner's")
        elif parsed(body["last_updated"]) is None:
            faults.append("last_updated: no OCPI DateTime")
        else:
            tokens.append(issued_token(body))
    return TokenPage(tokens, faults)
