"""What drivers are told of EVSEs that are promised to somebody."""

from datetime import timedelta

import pytest

from booking.selectors import external_status, live_evses, tallies
from booking.services import hold_due_reservations
from stations.models import Evse, StationConnection
from stations.selectors import evses_of
from tests.factories.booking import NOON, ReservationFactory, SessionFactory
from tests.factories.stations import ConnectorFactory, EvseFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def evse():
    """Of 22 kW, at a connected station."""
    made = EvseFactory()
    ConnectorFactory(evse=made)
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    return made


def told(evse, now=NOON):
    (kind,) = external_status(evse.location, now)["types"]
    return kind["available"], kind["first_free_at"]


def test_a_held_evse_is_reserved_until_the_end_of_its_window(evse):
    ReservationFactory(evse=evse, starts_at=NOON)
    hold_due_reservations(now=NOON)

    (live,) = live_evses(evses_of(evse.location), NOON)
    assert (live.state.word, live.is_free) == ("Reserved", False)
    assert told(evse) == (0, NOON + 60 * MINUTE)
    assert tallies()[evse.location_id].in_use == 1


def test_an_evse_that_is_booked_for_later_is_free_now(evse):
    ReservationFactory(evse=evse)

    assert told(evse) == (1, None)


def test_the_next_car_waits_for_who_has_booked_when_this_one_leaves(evse):
    SessionFactory(evse=evse, started_at=NOON)  # a usual stay: two hours
    Evse.objects.update(status="Charging")
    ReservationFactory(evse=evse, starts_at=NOON + 120 * MINUTE)

    assert told(evse) == (0, NOON + 180 * MINUTE)


def test_a_station_that_says_reserved_without_a_reservation_of_ours_says_no_end(evse):
    Evse.objects.update(status="Reserved")

    assert told(evse) == (0, None)
