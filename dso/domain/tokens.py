"""Tokens that let a DSO in: made, hidden, read from a header."""

import hashlib
import hmac
import secrets

SCHEMES = frozenset({"token", "bearer"})  # some peers of OSCP write Bearer
LONGEST = 512


def new_token() -> str:
    """256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def digest_of(token: str, pepper: str) -> bytes:
    """What is stored of a token that we gave. It is random and long: no slow hash is needed."""
    return hmac.digest(f"dso {pepper}".encode(), token.encode(), hashlib.sha256)


def token_in(header: str) -> str:
    """The token of an Authorization header; blank where it holds none."""
    scheme, _, text = header.strip().partition(" ")
    text = text.strip()
    fits = scheme.lower() in SCHEMES and len(text) <= LONGEST and text.isascii()
    return text if fits else ""
