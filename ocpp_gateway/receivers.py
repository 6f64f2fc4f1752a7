"""What the gateway does about others' news."""

from datetime import UTC, datetime

from cpms import wakeups
from cpms.kernel import events
from ocpp_gateway import process
from ocpp_gateway.commands import channel_of
from ocpp_gateway.threads import in_thread
from stations.events import CommandIssued, StationBooted
from stations.services.commands import restore_availability


def wake_gateway(news: CommandIssued) -> None:
    """Tell the process that holds the socket that a command waits."""
    if news.gateway:
        wakeups.publish(channel_of(news.gateway), {"station_id": news.station_id})


def restore(news: StationBooted) -> None:
    """A station need not remember over a boot what is out of service (§5.2)."""
    if news.is_out_of_service:
        now = datetime.now(UTC)
        work = in_thread(restore_availability, station_id=news.station_id, now=now)
        process.gateway().commands.spawn(work)


def connect() -> None:
    events.subscribe(CommandIssued, wake_gateway)
    events.subscribe(StationBooted, restore)
