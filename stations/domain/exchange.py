"""An OCPP exchange in a few words, for people who look through many."""

from typing import Any

TOLD_ELSEWHERE = frozenset({"timestamp"})
MOST_PARTS = 4
LONGEST_PART = 40
Json = Any


def gist(request: Json) -> str:
    """The first plain values of a request: `connectorId 1 · status Charging`."""
    if not isinstance(request, dict):
        return ""
    plain = [
        f"{name} {str(value)[:LONGEST_PART]}"
        for name, value in request.items()
        if isinstance(value, str | int | float) and name not in TOLD_ELSEWHERE
    ]
    return " · ".join(plain[:MOST_PARTS])


def outcome_word(answer: Json) -> str:
    """The status that an answer frame carries (OCPP-J §4.2.2), its own or that of its
    `idTagInfo`; empty where it carries none."""
    match answer:
        case [3, _, {"status": str(status)}] | [3, _, {"idTagInfo": {"status": str(status)}}]:
            return status[:LONGEST_PART]
    return ""
