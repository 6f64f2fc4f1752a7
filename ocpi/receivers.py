"""What the roaming edge does about others' news: it looks what partners must hear of it. What no
news tells of, or what is missed, the courier's next look finds."""

from typing import Any

from booking.events import CdrIssued, ReservationChanged, SessionEnded, SessionStarted
from cpms.kernel import events
from ocpi import courier
from ocpi.events import PartnerChanged
from stations.events import (
    CommandSettled,
    EvseStatusChanged,
    LocationChanged,
    StationConnected,
)

NEWS: tuple[type[Any], ...] = (
    CdrIssued, CommandSettled, EvseStatusChanged, LocationChanged, PartnerChanged,
    ReservationChanged, SessionEnded, SessionStarted, StationConnected,
)  # fmt: skip


def wake(news: object) -> None:
    courier.wake()


def connect() -> None:
    for kind in NEWS:
        events.subscribe(kind, wake)
