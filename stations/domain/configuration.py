"""What a station says of its settings (OCPP 1.6 §9), as far as it makes sense."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

STATION_KEY = "AuthorizationKey"
HIDDEN = "[hidden]"
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


def is_station_key(name: object) -> bool:
    """Whether the setting of this name holds the station's own key; names are CiStrings (§6.7)."""
    return isinstance(name, str) and name.lower() == STATION_KEY.lower()


def without_station_key(answer: Json) -> Json:
    """An answer to GetConfiguration without the station's own key. It is write-only (security
    whitepaper, AuthorizationKey), yet there are stations that tell it, to whoever may read."""
    entries = answer.get("configurationKey")
    if not isinstance(entries, list):
        return answer
    return {**answer, "configurationKey": [_hidden(entry) for entry in entries]}


def _hidden(entry: Any) -> Any:
    if isinstance(entry, dict) and "value" in entry and is_station_key(entry.get("key")):
        return {**entry, "value": HIDDEN}
    return entry
