"""From raw payload bytes to a struct: at once when it fits, after repairs when it can be."""

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


def decode(action: str, raw: msgspec.Raw, now: datetime, *, strict: bool) -> tuple[Any, list[str]]:
    """The request as a struct (hot actions) or a dict, and the repairs it took.

    Raises Unrepairable with the right CALLERROR code; `action` must be known.
    """
    hot = _decode.get(action)
    if hot is not None:
        try:
            return hot(raw), NO_REPAIRS
        except msgspec.DecodeError:
            pass
    payload = _loaded(raw)
    if strict and (fault := repairs.fault_of(action, payload)) is not None:
        raise fault
    mended, used = repairs.repair(action, payload, now)
    if hot is None:
        return mended, used
    try:
        return hot(msgspec.json.encode(mended)), used
    except msgspec.DecodeError as fault:
        raise repairs.Unrepairable(repairs.OTHER_CODE, str(fault)) from fault


def _loaded(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise repairs.Unrepairable("FormationViolation", str(fault)) from fault
