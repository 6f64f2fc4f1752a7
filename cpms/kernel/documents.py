"""JSON from outside: strict, of bounded depth, and nothing in it that PostgreSQL cannot store and
give back: it writes 1e300 as an integer of 301 digits, which no JSON of ours can say again."""

from typing import Any

import orjson

DEEPEST = 32
LARGEST = 2**63 - 1


class Unreadable(ValueError):
    """Why the text is no JSON of ours; its message is for whoever sent it."""


def read_json(text: bytes | str) -> Any:
    """What the text says. Raises Unreadable, also for what `json` lets through: NaN, lone
    surrogates, NUL in a text or name, numbers beyond 64 bits, nesting that nothing of ours needs.
    """
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise Unreadable(f"This is not JSON: {fault}.") from fault
    _check(parsed)
    return parsed


def _check(parsed: Any) -> None:
    level = [parsed]
    for _ in range(DEEPEST):
        if any(isinstance(value, str) and "\0" in value for value in level):
            raise Unreadable("A text holds a NUL character.")
        if any(isinstance(value, int | float) and abs(value) > LARGEST for value in level):
            raise Unreadable("A number is too large.")
        level = [inner for value in level for inner in _parts(value)]
        if not level:
            return
    raise Unreadable("The JSON is nested too deeply.")


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []
