"""What a station's answer means for the command (contract: REST, commands)."""

from collections.abc import Mapping
from typing import Any

from stations.enums import CommandStatus

GOOD = frozenset({"Accepted", "Scheduled", "RebootRequired", "Unlocked"})


def outcome_of(response: Mapping[str, Any]) -> CommandStatus:
    """Accepted also for answers without a status; everything else that is said is a refusal."""
    status = response.get("status")
    if status is None or (isinstance(status, str) and status in GOOD):
        return CommandStatus.ACCEPTED
    return CommandStatus.REJECTED
