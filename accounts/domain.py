"""API tokens as values: made once, recognised by their digest."""

import hashlib
import secrets

PREFIX = "cpms_"
SHOWN = 12  # characters kept readable, to tell tokens apart


def new_token() -> str:
    """A token that cannot be guessed: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is stored of a token. Unsalted SHA-256 suffices: tokens are random, not chosen."""
    return hashlib.sha256(token.encode()).hexdigest()


def prefix_of(token: str) -> str:
    return token[:SHOWN]
