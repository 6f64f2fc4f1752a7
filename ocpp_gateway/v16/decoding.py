"""From raw payload bytes to a struct: at once when it fits, after repairs when it can be."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from ocpp_gateway.v16 import messages, repairs

HOT: dict[str, type[messages.Request]] = {
    kind.__name__: kind
    for kind in (
        messages.Authorize,
        messages.BootNotification,
        messages.Heartbeat,
        messages.MeterValues,
        messages.StartTransaction,
        messages.StatusNotification,
        messages.StopTransaction,
    )
}
_decode = {name: msgspec.json.Decoder(kind).decode for name, kind in HOT.items()}
NO_REPAIRS: list[str] = []
MOST_NESTED = 32  # the deepest request of 1.6 nests 5; recursive checks must not run out of stack


def decode(action: str, raw: msgspec.Raw, now: datetime, *, strict: bool) -> tuple[Any, list[str]]:
    """The request as a struct (hot actions) or a dict, and the repairs it took.

    Raises Unrepairable with the right CALLERROR code; `action` must be known.
    """
    hot = _decode.get(action)
    if hot is not None:
        try:
            return hot(raw), NO_REPAIRS
        except (msgspec.DecodeError, RecursionError):
            pass
    payload = _loaded(raw)
    if strict and (fault := repairs.fault_of(action, payload)) is not None:
        raise fault
    mended, used = repairs.repair(action, payload, now)
    if strict and used:
        raise repairs.Unrepairable(repairs.OTHER_CODE, f"this needs a repair: {', '.join(used)}")
    if hot is None:
        return mended, used
    try:
        return hot(msgspec.json.encode(mended)), used
    except msgspec.DecodeError as fault:
        raise repairs.Unrepairable(repairs.OTHER_CODE, str(fault)) from fault


def _loaded(raw: msgspec.Raw) -> dict[str, Any]:
    try:
        payload = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise repairs.Unrepairable("FormationViolation", str(fault)) from fault
    if not isinstance(payload, dict):
        raise repairs.Unrepairable("FormationViolation", "the payload is not an object")
    if is_deep(payload):
        raise repairs.Unrepairable("FormationViolation", "the payload is nested too deeply")
    return payload


def is_deep(payload: Any) -> bool:
    """Whether it nests deeper than any request does."""
    level = [payload]
    for _ in range(MOST_NESTED):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()
