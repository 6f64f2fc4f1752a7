"""What an eMSP keeps between two runs: how it and the CPO let each other in."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Memory:
    """`token_b` lets the CPO in, `token_before` is the one that it may still use; `token_c` lets
    us in at the CPO, whose endpoints are by `module`. `url` is where we were when we told it,
    `version` is the OCPI that we speak with it."""

    versions_url: str = ""
    token_b: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    token_before: str = ""
    token_c: str = ""
    url: str = ""
    version: str = "2.2.1"
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def is_registered(self) -> bool:
        return bool(self.token_c)

    def rotate(self) -> None:
        """Make a new token for the CPO; the old one opens until the next."""
        self.token_before, self.token_b = self.token_b, secrets.token_urlsafe(32)

    def is_for_us(self, token: str) -> bool:
        """Whether the CPO may let itself in with a token."""
        return bool(token) and token in (self.token_b, self.token_before)


def load(path: Path | None) -> Memory:
    """What `save` wrote; a fresh memory when it is missing or from another release."""
    if path is None:
        return Memory()
    try:
        return Memory(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return Memory()


def save(path: Path | None, memory: Memory) -> None:
    """Write it so that a crash leaves the old or the new one; only the owner may read it."""
    if path is None:
        return
    fresh = path.with_suffix(".fresh")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(memory)))
    fresh.replace(path)
