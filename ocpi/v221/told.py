"""Tokens as their issuers tell them, in whichever version: checked once, for all that bring some."""

from typing import Any

from booking.domain.facts import IssuedToken
from ocpi.domain.datetimes import parsed
from ocpi.errors import InvalidParameter
from ocpi.v221.mapping import issued_token
from stations.schemas import faults_in

LONGEST_TYPE = 12


def told_token(body: Any, version: str) -> IssuedToken:
    """The token of a body (§12.3.2). From 2.3.0 on its type may be one that we do not know (an
    OpenEnum): it is kept as it is told. Raises InvalidParameter with each fault."""
    if faults := faults_in("Token", body, version):
        raise InvalidParameter("; ".join(faults))
    require_type(body["type"], version)
    if parsed(body["last_updated"]) is None:
        raise InvalidParameter("last_updated: an OCPI DateTime")
    return issued_token(body)


def require_type(kind: str, version: str) -> None:
    """Refuse what cannot be the type of a token. Raises InvalidParameter."""
    is_word = kind.isascii() and kind.isprintable() and not kind.isspace()
    if faults_in("TokenType", kind, version) or not is_word or not 0 < len(kind) <= LONGEST_TYPE:
        raise InvalidParameter(f"type: a type of token, of up to {LONGEST_TYPE} characters")
