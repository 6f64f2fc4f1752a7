"""What energy does about others' news."""

from datetime import UTC, datetime

from cpms.kernel import events
from energy.events import DispatchPlanned, SupplyChanged
from energy.services.safe_defaults import note_default
from energy.services.sharing import note_share, share
from stations import ports


def share_anew(news: SupplyChanged | DispatchPlanned) -> None:
    """What cars may draw is another: stations are told at once. What is missed here, the sweep
    finds."""
    share(location_id=news.location_id, now=datetime.now(UTC))


def connect() -> None:
    events.subscribe(SupplyChanged, share_anew)
    events.subscribe(DispatchPlanned, share_anew)
    ports.when_settled("SetChargingProfile", note_share)
    ports.when_settled("SetChargingProfile", note_default)
