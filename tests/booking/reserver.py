"""Who reserves: a card, an EVSE of a station that is there, and what is stored of it."""

from datetime import timedelta

import pytest

from booking.domain.reserving import Holder
from booking.models import ChargingSession
from booking.services import reserve
from cpms.kernel.windows import TimeWindow
from stations.models import Evse, StationCommand, StationConnection
from tests.factories.booking import NOON, TokenFactory
from tests.factories.stations import EvseFactory, StationFactory

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CARD = Holder("04A1B2C3")


@pytest.fixture
def evse():
    """EVSE 2 of a connected station."""
    made = EvseFactory(number=2, station=StationFactory(identity="CP1"))
    connect(made.station)
    TokenFactory(uid="04A1B2C3", group_id="FLEET")
    return made


def connect(station):
    StationConnection.objects.filter(station=station).update(
        connected_at=NOON, disconnected_at=None, epoch=1, gateway="g"
    )


def window(start=120, length=60):
    return TimeWindow.lasting(NOON + start * MINUTE, length * MINUTE)


def make(evse, start=120, length=60, holder=CARD, now=NOON):
    return reserve(evse=evse, holder=holder, window=window(start, length), now=now)


def state(reservation):
    """What is stored of it: its own state, what the EVSE shows, its session's."""
    reservation.refresh_from_db()
    evse = Evse.objects.get(pk=reservation.evse_id)
    sessions = ChargingSession.objects.filter(reservation=reservation)
    return (
        reservation.status,
        reservation.held_by,
        evse.is_reserved,
        [session.status for session in sessions],
    )


def commands():
    return [(one.action, one.payload) for one in StationCommand.objects.order_by("created_at", "sent_at")]  # fmt: skip
