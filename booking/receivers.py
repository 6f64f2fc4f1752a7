"""What the driver's journey does about others' news."""

from datetime import UTC, datetime

from booking.services import settle_hold
from cpms.kernel import events
from stations.events import CommandSettled


def note_answer_to_hold(news: CommandSettled) -> None:
    """A station said whether it holds an EVSE; what is missed here, the sweep finds."""
    if news.action == "ReserveNow":
        settle_hold(command_id=news.command_id, now=datetime.now(UTC))


def connect() -> None:
    events.subscribe(CommandSettled, note_answer_to_hold)
