"""Live pages: what changed, who must hear it, and which fragments each page has.

News of this process and of others (by Redis) names topics; each open page listens to some and
renders its fragments anew, at most once a second. Lost news cost a few seconds, no more: pages
look again by themselves.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accounts.enums import Role
from accounts.models import User
from alerts.events import AlertsChanged
from booking.events import (
    CdrIssued,
    ReservationChanged,
    SessionEnded,
    SessionProgressed,
    SessionStarted,
)
from cpms import wakeups
from cpms.kernel import events
from dso.events import DsoChanged
from energy.events import BatteryChanged, DispatchPlanned, PowerShared, SupplyChanged
from ocpi.events import PartnerChanged
from stations.events import (
    CommandIssued,
    CommandSettled,
    EvseStatusChanged,
    LocationChanged,
    StationBooted,
    StationConnected,
    StationDisconnected,
)

log = logging.getLogger(__name__)

CHANNEL = "live"
GATHER_S = 0.3
PARTNERS, DSOS, BATTERIES, ALERTS = "partners", "dsos", "batteries", "alerts"

Params = Mapping[str, str]
Fragments = dict[str, str]  # by the id of the element


@dataclass(frozen=True, slots=True)
class LiveView:
    """A page's fragments, the topics that may change them (empty: all), and whose page it is."""

    fragments: Callable[[User, Params], Fragments]
    topics: Callable[[Params], frozenset[str]] = lambda _: frozenset()
    role: Role = Role.VIEWER


class Hub:
    """One per process: gathers topics, tells other processes, wakes this one's pages."""

    def __init__(self) -> None:
        self._pages: dict[asyncio.Event, frozenset[str]] = {}
        self._gathered: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._flush: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, topics: frozenset[str]) -> asyncio.Event:
        """An event that is set when one of these topics has news."""
        page = asyncio.Event()
        self._pages[page] = topics
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())
        return page

    def close(self, page: asyncio.Event) -> None:
        self._pages.pop(page, None)

    def say(self, *topics: str) -> None:
        """News: told to everybody, many at once where they come fast."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a worker, a command, a thread beside the loop
            if self._loop is not None and self._loop.is_running():
                self._loop.call_soon_threadsafe(self.say, *topics)
            else:
                wakeups.publish(CHANNEL, {"topics": topics})
            return
        self._gathered.update(topics)
        if self._flush is None or self._loop is not loop:  # one that ended publishes no more
            self._loop, self._flush = loop, loop.call_later(GATHER_S, self._publish)

    def _publish(self) -> None:
        self._flush = None
        topics, self._gathered = sorted(self._gathered), set()
        wakeups.publish(CHANNEL, {"topics": topics})

    async def _listen(self) -> None:
        async for channel, message in wakeups.listen(CHANNEL):
            self._wake(frozenset(message.get("topics", ())) if channel else frozenset())

    def _wake(self, topics: frozenset[str]) -> None:
        for page, wanted in self._pages.items():
            if not topics or not wanted or wanted & topics:
                page.set()


hub = Hub()


def location_topic(location_id: int) -> str:
    return f"location:{location_id}"


def station_topic(station_id: int) -> str:
    return f"station:{station_id}"


def session_topic(session_id: object) -> str:
    return f"session:{session_id}"


def reservation_topic(reservation_id: object) -> str:
    return f"reservation:{reservation_id}"


def partner_topic(partner_id: object) -> str:
    return f"partner:{partner_id}"


def dso_topic(dso_id: object) -> str:
    return f"dso:{dso_id}"


def connect() -> None:
    """Listen to what the apps tell."""
    events.subscribe(StationConnected, _station_changed)
    events.subscribe(StationDisconnected, _station_changed)
    events.subscribe(StationBooted, _station_changed)
    events.subscribe(EvseStatusChanged, _station_changed)
    events.subscribe(SessionStarted, _session_changed)
    events.subscribe(SessionProgressed, _session_changed)
    events.subscribe(SessionEnded, _session_changed)
    events.subscribe(ReservationChanged, _reservation_changed)
    events.subscribe(CommandIssued, _command_changed)
    events.subscribe(CommandSettled, _command_changed)
    events.subscribe(CdrIssued, _cdr_issued)
    events.subscribe(LocationChanged, _location_changed)
    events.subscribe(PowerShared, _location_changed)
    events.subscribe(PartnerChanged, _partner_changed)
    events.subscribe(DsoChanged, _dso_changed)
    events.subscribe(SupplyChanged, _energy_changed)
    events.subscribe(DispatchPlanned, _energy_changed)
    events.subscribe(BatteryChanged, _battery_changed)
    events.subscribe(AlertsChanged, _alerts_changed)


def _station_changed(
    news: StationConnected | StationDisconnected | StationBooted | EvseStatusChanged,
) -> None:
    hub.say(station_topic(news.station_id), location_topic(news.location_id))


def _session_changed(news: SessionStarted | SessionProgressed | SessionEnded) -> None:
    hub.say(session_topic(news.session_id), location_topic(news.location_id))


def _reservation_changed(news: ReservationChanged) -> None:
    hub.say(reservation_topic(news.reservation_id), location_topic(news.location_id))


def _command_changed(news: CommandIssued | CommandSettled) -> None:
    hub.say(station_topic(news.station_id))


def _cdr_issued(news: CdrIssued) -> None:
    hub.say(session_topic(news.session_id))


def _location_changed(news: LocationChanged | PowerShared) -> None:
    hub.say(location_topic(news.location_id))


def _battery_changed(news: BatteryChanged) -> None:
    hub.say(BATTERIES, location_topic(news.location_id))


def _partner_changed(news: PartnerChanged) -> None:
    hub.say(PARTNERS, partner_topic(news.partner_id))


def _dso_changed(news: DsoChanged) -> None:
    hub.say(DSOS, dso_topic(news.dso_id))


def _alerts_changed(_news: AlertsChanged) -> None:
    hub.say(ALERTS)


def _energy_changed(news: SupplyChanged | DispatchPlanned) -> None:
    hub.say(location_topic(news.location_id))
