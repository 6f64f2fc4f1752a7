"""Station keys: made by us from 20 random bytes, kept as salted HMAC-SHA-256.

A slow password hash would cost an hour of CPU when ten thousand stations reconnect; for keys
of 128 bits and more that we generate, a keyed hash with a salt is as safe (docs/adr/0006).
"""

import binascii
import hashlib
import hmac
import secrets

KEY_BYTES = 20  # OCPP 1.6 security whitepaper A00.FR.205: 16 to 20 bytes
SALT_BYTES = 16
SHORTEST, LONGEST = 8, 64


def new_key() -> str:
    """A fresh key as the 40 hexadecimal digits in which OCPP 1.6 carries it."""
    return secrets.token_hex(KEY_BYTES)


def is_strong_enough(key: str) -> bool:
    """Whether a person may give a station this key. Stations keep keys given at the factory, so
    eight characters are let in; what we generate has 160 bits."""
    return SHORTEST <= len(key) <= LONGEST and key.isprintable() and key.isascii()


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def digest_of(key: bytes, salt: bytes, pepper: str) -> bytes:
    """What is stored of a key. `pepper` is the deployment's secret."""
    return hmac.digest(pepper.encode() + salt, canonical(key), hashlib.sha256)


def canonical(key: bytes) -> bytes:
    """One form for the same key: some stations present the hexadecimal text that
    ChangeConfiguration carried, others the bytes it stands for."""
    if len(key) % 2 == 0 and len(key) >= 2 * 16:
        try:
            return binascii.unhexlify(key)
        except binascii.Error:
            return key
    return key


def matches(presented: bytes, salt: bytes, digests: tuple[bytes | None, ...], pepper: str) -> int:
    """The index of the digest that `presented` fits, or -1; equal work for every outcome."""
    found = -1
    computed = digest_of(presented, salt, pepper)
    for index, digest in enumerate(digests):
        if hmac.compare_digest(computed, digest or b"") and digest:
            found = index
    return found
