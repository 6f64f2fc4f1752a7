"""JSON bodies as peers write them, and a memory of what they said."""

import hashlib
import json
from typing import Any


def without_nulls(value: Any) -> Any:
    """`null` is how some peers write what is absent (OCPI has none)."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def fingerprint(body: Any) -> str:
    """The same for the same content."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def single(data: Any) -> Any:
    """An object that some peers wrap in a list."""
    return data[0] if isinstance(data, list) and len(data) == 1 else data
