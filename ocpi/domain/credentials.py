"""Credentials tokens: made, hidden, written into a header and read from one (2.2.1 §4.1.1)."""

import base64
import binascii
import hashlib
import hmac
import secrets

from ocpi.enums import TokenEncoding

SCHEME = "token"
LONGEST = 64
FIRST, LAST = "\x21", "\x7e"  # printable ASCII without the space


def new_token() -> str:
    """256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def is_token(text: object) -> bool:
    """Whether a text can be a credentials token (2.2.1 §7.3.1)."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= LONGEST
        and all(FIRST <= character <= LAST for character in text)
    )


def digest_of(token: str, pepper: str) -> bytes:
    """What is stored of a token that we gave. It is random and long: no slow hash is needed."""
    return hmac.digest(f"ocpi {pepper}".encode(), token.encode(), hashlib.sha256)


def header_of(token: str, encoding: str) -> str:
    """The Authorization header that carries a token."""
    if encoding == TokenEncoding.RAW:
        return f"Token {token}"
    return f"Token {base64.b64encode(token.encode()).decode()}"


def tokens_in(header: str) -> list[str]:
    """The tokens that an Authorization header can stand for, likeliest first: Base64 as
    written, as it is (2.2 and older), Base64 twice. The specification's own example decodes to
    a token with a line feed at its end."""
    scheme, _, text = header.strip().partition(" ")
    text = text.strip()
    if scheme.lower() != SCHEME or not is_header_text(text):
        return []
    once = _decoded(text)
    found = [once, text, _decoded(once) if once else None]
    return list(dict.fromkeys(token for token in found if is_token(token) and token))


def is_header_text(text: str) -> bool:
    return 0 < len(text) <= LONGEST * 4 and text.isascii()


def _decoded(text: str) -> str | None:
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, validate=True).decode("ascii").removesuffix("\n")
    except (binascii.Error, UnicodeDecodeError):
        return None
