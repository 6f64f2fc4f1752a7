"""Secrets at rest that must be read again, because somebody else wants to see them: AES-256-GCM.

Whoever can write to the database can neither read a sealed secret, nor put another in its place,
nor move it to another row: `context` names where it belongs and is authenticated with it.
"""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cpms.kernel.errors import DomainError

SEAL = "sealed:"
NONCE_BYTES = 12


class BrokenSeal(DomainError):
    """It was changed, belongs elsewhere, or was sealed by a deployment with another secret."""

    code, message = "broken_seal", "A sealed secret cannot be read (is DJANGO_SECRET_KEY another?)."


def seal(text: str, context: str, secret: str) -> str:
    """Hide a text. `secret` is the deployment's."""
    nonce = os.urandom(NONCE_BYTES)
    hidden = AESGCM(_key(secret)).encrypt(nonce, text.encode(), context.encode())
    return SEAL + base64.urlsafe_b64encode(nonce + hidden).decode()


def unseal(sealed: str, context: str, secret: str) -> str:
    """The text that `seal` hid in this context. Raises BrokenSeal."""
    try:
        data = base64.b64decode(sealed.removeprefix(SEAL), altchars=b"-_", validate=True)
        nonce, hidden = data[:NONCE_BYTES], data[NONCE_BYTES:]
        text = AESGCM(_key(secret)).decrypt(nonce, hidden, context.encode())
    except (InvalidTag, ValueError, binascii.Error) as fault:
        raise BrokenSeal from fault
    return text.decode()


def _key(secret: str) -> bytes:
    """A key for this purpose alone."""
    return hmac.digest(secret.encode(), b"cpms seal AES-256-GCM", hashlib.sha256)
