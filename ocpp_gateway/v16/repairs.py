"""Named repairs for what real stations send: each is safe, documented here and counted.

A payload that a struct refuses is mended fault by fault against the request's JSON schema. A
strict station gets the CALLERROR instead, with the code of OCPP-J 1.6 table 7.
"""

import copy
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs

ROUNDS = 6
KEYS = frozenset({"idTag"})  # cut, it would name somebody else
NUMBERS_THAT_NAME = frozenset({"connectorId", "transactionId", "reservationId"})  # nor rounded
DEFAULT_WORD = {"errorCode": "OtherError", "reason": "Other", "context": "Other"}
DEFAULT_VALUE = {"errorCode": "NoError", "timestamp": ""}  # "" is mended to the time of receipt
TIMES = frozenset({"timestamp"})
ZONE = re.compile(r"([zZ]|[+-]\d\d:?\d\d)$")
CODES = {
    "required": "OccurenceConstraintViolation",
    "minItems": "OccurenceConstraintViolation",
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormationViolation",
}
OTHER_CODE = "PropertyConstraintViolation"


class Unrepairable(Exception):
    """The payload cannot be understood; `code` is the CALLERROR's."""

    def __init__(self, code: str, description: str) -> None:
        self.code = code
        super().__init__(description)


SCHEMAS = resources.files("ocpp.v16.schemas")
ACTIONS = frozenset(
    file.name.removesuffix(".json")
    for file in SCHEMAS.iterdir()
    if file.name.endswith(".json") and not file.name.endswith("Response.json")
)


@cache
def validator(action: str) -> jsonschema_rs.Draft4Validator:
    """The compiled JSON schema of a request; `action` is one of ACTIONS. Formats are left to
    `_mend_times`: stations write times in more ways than RFC 3339 has."""
    text = SCHEMAS.joinpath(f"{action}.json").read_text("utf-8-sig")
    return jsonschema_rs.Draft4Validator(json.loads(text), validate_formats=False)


def fault_of(action: str, payload: Any) -> Unrepairable | None:
    """The first fault of a payload as the schema sees it."""
    for fault in validator(action).iter_errors(payload):
        where = ".".join(str(part) for part in fault.instance_path)
        code = CODES.get(fault.kind.name, OTHER_CODE)
        return Unrepairable(code, f"{where}: {fault.message}" if where else fault.message)
    return None


def repair(action: str, payload: dict[str, Any], now: datetime) -> tuple[dict[str, Any], list[str]]:
    """The payload mended, and the names of the repairs. Raises Unrepairable."""
    mended = copy.deepcopy(payload)
    used: list[str] = []
    schema = validator(action)
    for _ in range(ROUNDS):
        faults = list(schema.iter_errors(mended))
        if not faults:
            break
        used += [name for fault in faults if (name := _mend(mended, fault))]
    if (left := fault_of(action, mended)) is not None:
        raise left
    used += _mend_times(mended, now)
    return mended, used


def _mend(payload: Any, fault: Any) -> str | None:
    """Mend one fault in place; the repair's name, or None when there is none."""
    path = list(fault.instance_path)
    method = _METHODS.get(fault.kind.name)
    if method is None:
        return None
    try:
        if fault.kind.name in ("additionalProperties", "required"):
            return method(_at(payload, path), "", fault.kind)
        return method(_at(payload, path[:-1]), path[-1], fault.kind) if path else None
    except (KeyError, IndexError, TypeError):
        return None  # another repair of this round took the place away


def _at(payload: Any, path: list[Any]) -> Any:
    for part in path:
        payload = payload[part]
    return payload


def _drop_unknown_fields(holder: Any, _: Any, kind: Any) -> str:
    for name in kind.unexpected:
        holder.pop(name, None)
    return "unknown_field"


def _fill_missing(holder: Any, _: Any, kind: Any) -> str | None:
    if kind.property not in DEFAULT_VALUE:
        return None
    holder[kind.property] = DEFAULT_VALUE[kind.property]
    return "missing_field"


def _coerce(holder: Any, key: Any, kind: Any) -> str | None:
    value, wanted = holder[key], kind.types[0]
    if value is None and isinstance(holder, dict):
        del holder[key]
        return "null_field"
    if wanted == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = repr(value)
        return "number_for_text"
    if wanted == "integer":
        number = _number(value)
        if number is not None and not (key in NUMBERS_THAT_NAME and number != round(number)):
            holder[key] = round(number)
            return "text_for_number" if isinstance(value, str) else "fraction_for_integer"
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) < 2**62 else None


def _cut(holder: Any, key: Any, kind: Any) -> str | None:
    if key in KEYS:
        return None
    holder[key] = holder[key][: kind.limit]
    return "text_too_long"


def _find_word(holder: Any, key: Any, kind: Any) -> str | None:
    value = str(holder[key])
    for word in kind.options:
        if word.lower() == value.lower():
            holder[key] = word
            return "wrong_case"
    if key in DEFAULT_WORD:
        holder[key] = DEFAULT_WORD[key]
        return "unknown_word"
    if key in ("phase", "location", "unit", "format"):
        del holder[key]
        return "unknown_word"
    return None


_METHODS: dict[str, Callable[[Any, Any, Any], str | None]] = {
    "additionalProperties": _drop_unknown_fields,
    "required": _fill_missing,
    "type": _coerce,
    "maxLength": _cut,
    "enum": _find_word,
}


def _mend_times(node: Any, now: datetime) -> list[str]:
    """Times that a machine can read and place: with a zone, within the calendar."""
    used: list[str] = []
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(children):
        if key in TIMES and isinstance(node, dict):
            text, name = _readable_time(value, now)
            node[key] = text
            used += [name] if name else []
        elif isinstance(value, dict | list):
            used += _mend_times(value, now)
    return used


def _readable_time(value: Any, now: datetime) -> tuple[str, str]:
    text = str(value).strip()
    zoned = text if ZONE.search(text) else f"{text}Z"
    try:
        instant = datetime.fromisoformat(zoned.replace("z", "Z"))
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return now.isoformat(), "time_unreadable"
    if zoned != value:
        return utc.isoformat(), "time_without_zone"
    return zoned, ""
