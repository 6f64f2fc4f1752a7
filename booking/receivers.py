"""What the driver's journey does about others' news."""

from datetime import UTC, datetime

from booking.services import (
    note_configuration,
    note_list_version,
    note_sent_list,
    settle_hold,
)
from cpms.kernel import events
from stations import ports
from stations.events import CommandSettled


def note_answer_to_hold(news: CommandSettled) -> None:
    """A station said whether it holds an EVSE; what is missed here, the sweep finds."""
    if news.action == "ReserveNow":
        settle_hold(command_id=news.command_id, now=datetime.now(UTC))


def connect() -> None:
    events.subscribe(CommandSettled, note_answer_to_hold)
    ports.when_settled("SendLocalList", note_sent_list)
    ports.when_settled("GetLocalListVersion", note_list_version)
    ports.when_settled("GetConfiguration", note_configuration)
    ports.when_settled("ChangeConfiguration", note_configuration)
