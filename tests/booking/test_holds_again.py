"""Stations forget what they held when they boot, and some while they are away."""

from datetime import timedelta

import pytest

from booking.services import hold_again, hold_due_reservations, settle_hold
from stations.models import ChargingStation, StationCommand, StationConnection
from stations.services import settle_command
from tests.booking.test_reservation_upkeep import HELD, state
from tests.factories.booking import NOON, ReservationFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def booked():
    made = ReservationFactory(starts_at=NOON)
    StationConnection.objects.update(connected_at=NOON, epoch=1, gateway="g")
    return made


def answer(status, now):
    """What the station says to the newest ReserveNow."""
    command = StationCommand.objects.filter(settled_at=None).get()
    settle_command(command_id=command.pk, now=now, response={"status": status})
    settle_hold(command_id=command.pk, now=now)


def boot(at):
    ChargingStation.objects.update(booted_at=at)


@pytest.fixture
def held(booked):
    """The station holds for it."""
    hold_due_reservations(now=NOON)
    answer("Accepted", NOON)
    assert state(booked)[:2] == ("RESERVED", "STATION")
    return booked


def test_a_station_that_booted_is_asked_to_hold_again(held):
    before = StationCommand.objects.get()
    boot(NOON + MINUTE)

    assert [hold_again(now=NOON + 2 * MINUTE) for _ in range(2)] == [1, 0]

    again = StationCommand.objects.exclude(pk=before.pk).get()
    assert (again.action, again.payload) == ("ReserveNow", before.payload)
    assert state(held) == HELD  # by us alone, until it answers
    answer("Accepted", NOON + 3 * MINUTE)
    assert state(held) == ("RESERVED", "STATION", True, ["RESERVATION"])
    assert hold_again(now=NOON + 4 * MINUTE) == 0


def test_one_that_came_back_is_asked_once_too(held):
    StationConnection.objects.update(connected_at=NOON + MINUTE, epoch=2)

    assert [hold_again(now=NOON + 2 * MINUTE) for _ in range(2)] == [1, 0]

    answer("Accepted", NOON + 3 * MINUTE)
    assert state(held)[:2] == ("RESERVED", "STATION")
    assert hold_again(now=NOON + 4 * MINUTE) == 0


def test_one_that_is_away_is_asked_when_it_is_back(held):
    StationConnection.objects.update(disconnected_at=NOON + MINUTE)

    assert hold_again(now=NOON + 2 * MINUTE) == 0


@pytest.mark.parametrize("booted", [None, NOON - MINUTE])
def test_one_that_did_not_boot_since_is_not(held, booted):
    boot(booted)

    assert hold_again(now=NOON + MINUTE) == 0


def test_what_is_over_is_not_held_again(held):
    boot(NOON + MINUTE)

    assert hold_again(now=held.keep_until) == 0


def test_a_station_that_will_not_hold_again_leaves_it_to_us(held):
    boot(NOON + MINUTE)
    hold_again(now=NOON + 2 * MINUTE)

    answer("Occupied", NOON + 3 * MINUTE)

    assert state(held) == HELD
