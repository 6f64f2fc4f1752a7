"""What a station's answer to a command is in OCPI's words (2.2.1 §13.4.2)."""

from collections.abc import Mapping
from typing import Any

from ocpi.enums import CommandKind
from ocpi.enums import CommandResult as Result
from stations.enums import CommandStatus

REFUSALS = {
    "Occupied": Result.EVSE_OCCUPIED,
    "Faulted": Result.EVSE_INOPERATIVE,
    "Unavailable": Result.EVSE_INOPERATIVE,
    "NotSupported": Result.NOT_SUPPORTED,
    "UnlockFailed": Result.FAILED,
}
UNABLE = frozenset({"NotSupported", "NotImplemented"})
AWAY = frozenset({"station_offline", "connection_lost", "timed_out"})


def result_of(
    kind: str, status: str, response: Mapping[str, Any] | None, error: Mapping[str, Any] | None
) -> Result:
    """`status`, `response` and `error` are those of the settled command to the station."""
    if status == CommandStatus.ACCEPTED:
        return Result.ACCEPTED
    if status == CommandStatus.REJECTED:
        return _refusal(kind, (response or {}).get("status"))
    code = (error or {}).get("code")
    if status == CommandStatus.TIMED_OUT or code in AWAY:
        return Result.TIMEOUT
    return Result.NOT_SUPPORTED if code in UNABLE else Result.FAILED


def _refusal(kind: str, said: object) -> Result:
    """OCPP's CancelReservation has one way to say that there is no such reservation."""
    if kind == CommandKind.CANCEL_RESERVATION and said == "Rejected":
        return Result.UNKNOWN_RESERVATION
    return REFUSALS.get(str(said), Result.REJECTED)
