"""What a station says of its settings (OCPP 1.6 §9), as far as it makes sense."""

from collections.abc import Mapping
from typing import Any

MOST_DIGITS = 9  # nothing that is set is larger; Python refuses to read thousands of digits


def said(configuration: Mapping[str, Any], key: str) -> str:
    """The value of a key, as text; empty where the station told none."""
    entry = configuration.get(key)
    value = entry.get("value") if isinstance(entry, Mapping) else None
    return "" if value is None else str(value).strip()


def whole_number(text: str) -> int | None:
    """The number that a value means; None where it is none."""
    if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
        return int(text)
    return None
