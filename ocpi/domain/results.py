"""What a station's answer to a command is in OCPI's words (2.2.1 §13.4.2)."""

from collections.abc import Mapping
from typing import Any

from ocpi.enums import CommandKind, ProfileResult
from ocpi.enums import CommandResult as Result
from stations.enums import CommandStatus

REFUSALS = {
    "Occupied": Result.EVSE_OCCUPIED,
    "Faulted": Result.EVSE_INOPERATIVE,
    "Unavailable": Result.EVSE_INOPERATIVE,
    "NotSupported": Result.NOT_SUPPORTED,
    "UnlockFailed": Result.FAILED,
}
IN_THE_WAY = frozenset({Result.EVSE_OCCUPIED, Result.EVSE_INOPERATIVE})
UNABLE = frozenset({"NotSupported", "NotImplemented"})
AWAY = frozenset({"station_offline", "connection_lost", "timed_out"})


def result_of(
    kind: str, status: str, response: Mapping[str, Any] | None, error: Mapping[str, Any] | None
) -> Result:
    """`status`, `response` and `error` are those of the settled command to the station."""
    if kind == CommandKind.RESERVE_NOW:
        return _of_hold((response or {}).get("status"))
    if status == CommandStatus.ACCEPTED:
        return Result.ACCEPTED
    if status == CommandStatus.REJECTED:
        return REFUSALS.get(str((response or {}).get("status")), Result.REJECTED)
    code = (error or {}).get("code")
    if status == CommandStatus.TIMED_OUT or code in AWAY:
        return Result.TIMEOUT
    return Result.NOT_SUPPORTED if code in UNABLE else Result.FAILED


def _of_hold(said: object) -> Result:
    """A station that cannot hold, or does not answer, leaves it to us: the EVSE is kept all the
    same. Only a car that stands there, or a fault, is in the way."""
    refusal = REFUSALS.get(str(said))
    return refusal if refusal in IN_THE_WAY else Result.ACCEPTED


def profile_result_of(status: str, response: Mapping[str, Any] | None) -> ProfileResult:
    """Of a settled request about a charging profile (§14.4.6): what a station does not know it
    has not got, and no answer is none."""
    if status == CommandStatus.ACCEPTED:
        return ProfileResult.ACCEPTED
    is_unknown = (response or {}).get("status") == "Unknown"
    return ProfileResult.UNKNOWN if is_unknown else ProfileResult.REJECTED
