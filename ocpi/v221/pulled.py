"""A page of an issuer's tokens (§12.2.2.1), read with lenience: what is malformed or another
party's is left out, and said."""

from collections.abc import Collection
from typing import Any

from booking.domain.facts import IssuedToken
from ocpi.domain.bodies import without_nulls
from ocpi.errors import InvalidParameter
from ocpi.ports import TokenPage
from ocpi.v221.told import told_token


def tokens_in(listed: list[Any], parties: Collection[tuple[str, str]], version: str) -> TokenPage:
    """The tokens of these parties on a page."""
    tokens: list[IssuedToken] = []
    faults: list[str] = []
    for body in map(without_nulls, listed):
        try:
            token = told_token(body, version)
        except InvalidParameter as refusal:
            faults.append(refusal.text)
            continue
        if (token.country_code.upper(), token.party_id.upper()) in parties:
            tokens.append(token)
        else:
            faults.append("a token of a party that is not the partner's")
    return TokenPage(tokens, faults)
