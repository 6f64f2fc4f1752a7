"""Reservations of any EVSE with such a connector at a location."""

import pytest

from booking.errors import (
    NoEvseFree,
)
from booking.services import reserve_any
from stations.models import Evse
from tests.booking.reserver import CARD, MINUTE, evse, window
from tests.factories.booking import NOON, ReservationFactory, TokenFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

__all__ = ["evse"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    """Three EVSEs of two kinds at one location."""
    location = LocationFactory()
    made = [
        EvseFactory(station=StationFactory(location=location), uid=uid)
        for uid in ("AC1", "AC2", "DC1")
    ]
    for one, standard in zip(made, ("IEC_62196_T2", "IEC_62196_T2", "IEC_62196_T2_COMBO"), strict=True):  # fmt: skip
        ConnectorFactory(evse=one, standard=standard)
    TokenFactory(uid="04A1B2C3")
    return location


def make_any(location, start=120, length=60, standard="IEC_62196_T2"):
    return reserve_any(
        location=location,
        connector_standard=standard,
        holder=CARD,
        window=window(start, length),
        now=NOON,
    )


def test_each_takes_one_that_is_free_until_none_is(site):
    made = [make_any(site), make_any(site)]

    assert {one.evse.uid for one in made} == {"AC1", "AC2"}
    assert {one.connector_standard for one in made} == {"IEC_62196_T2"}
    with pytest.raises(NoEvseFree):
        make_any(site)
    assert make_any(site, standard="IEC_62196_T2_COMBO").evse.uid == "DC1"


def test_a_window_goes_where_it_leaves_the_longest_gaps(site):
    first, second = Evse.objects.filter(uid__in=("AC1", "AC2")).order_by("uid")
    ReservationFactory(evse=first, starts_at=NOON + 30 * MINUTE)
    ReservationFactory(evse=second, starts_at=NOON + 60 * MINUTE)

    assert make_any(site).evse == second


def test_a_hold_takes_one_where_no_car_stands(site):
    Evse.objects.filter(uid="AC1").update(status="Preparing")

    assert make_any(site, 0).evse.uid == "AC2"
    with pytest.raises(NoEvseFree):
        make_any(site, 0)


def test_a_hold_takes_none_that_is_kept_for_a_booking_that_starts_soon(site):
    kept = Evse.objects.get(uid="AC1")
    ReservationFactory(evse=kept, starts_at=NOON + 10 * MINUTE)

    assert make_any(site, 0, 5).evse.uid == "AC2"
