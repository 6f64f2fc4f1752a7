"""What the clock and the station's answers make of reservations."""

from datetime import timedelta

import pytest

from booking.models import ChargingSession, Reservation
from booking.services import (
    end_reservations,
    hold_due_reservations,
    settle_hold,
    settle_holds,
)
from stations.models import Evse, StationCommand, StationConnection
from stations.services import issue_command, settle_command
from tests.factories.booking import NOON, ReservationFactory, SessionFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, StationFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def booked():
    """A booking that starts at noon, at a connected station."""
    made = ReservationFactory(starts_at=NOON)
    StationConnection.objects.update(connected_at=NOON, epoch=1, gateway="g")
    return made


def state(reservation):
    reservation.refresh_from_db()
    sessions = ChargingSession.objects.filter(reservation=reservation)
    return (
        reservation.status,
        reservation.held_by,
        Evse.objects.get(pk=reservation.evse_id).is_reserved,
        [session.status for session in sessions],
    )


HELD = ("RESERVED", "CPMS", True, ["RESERVATION"])
BOOKED = ("RESERVED", "", False, [])


# --- it takes effect ---


@pytest.mark.parametrize(("at", "expected"), [(-16, BOOKED), (-15, HELD), (29, HELD), (30, BOOKED)])
def test_a_booking_is_held_from_a_while_before_it_starts(booked, at, expected):
    now = NOON + at * MINUTE

    hold_due_reservations(now=now)

    assert state(booked) == expected
    assert [hold_due_reservations(now=now), StationCommand.objects.count()] == [
        0,
        int(expected == HELD),
    ]


@pytest.mark.parametrize("status", ["Charging", "Preparing", "Finishing"])
def test_the_hold_waits_for_the_car_that_stands_there(booked, status):
    Evse.objects.update(status=status)
    hold_due_reservations(now=NOON)
    waiting = state(booked)
    Evse.objects.update(status="Available")

    hold_due_reservations(now=NOON)

    assert (waiting, state(booked)) == (BOOKED, HELD)


def test_the_hold_waits_for_the_session_that_runs(booked):
    running = SessionFactory(evse=booked.evse)
    hold_due_reservations(now=NOON)
    waiting = state(booked)
    ChargingSession.objects.filter(pk=running.pk).update(status="COMPLETED", ended_at=NOON)

    hold_due_reservations(now=NOON)

    assert (waiting, state(booked)) == (BOOKED, HELD)


def test_the_hold_waits_for_the_one_before(booked):
    before = ReservationFactory(
        evse=booked.evse, starts_at=NOON - 60 * MINUTE, keep_until=NOON, held_by="CPMS"
    )
    hold_due_reservations(now=NOON - 10 * MINUTE)
    waiting = state(booked)[:2]

    end_reservations(now=NOON)
    hold_due_reservations(now=NOON)

    before.refresh_from_db()
    assert (waiting, before.status, state(booked)) == (BOOKED[:2], "NO_SHOW", HELD)


# --- any EVSE would do ---


@pytest.fixture
def two(booked):
    """The booking is of any EVSE with such a plug; there is a second one, at another station."""
    Reservation.objects.update(connector_standard="IEC_62196_T2")
    other = EvseFactory(station=StationFactory(location=booked.evse.location))
    for evse in (booked.evse, other):
        ConnectorFactory(evse=evse)
    StationConnection.objects.update(connected_at=NOON, epoch=1, gateway="g")
    return other


@pytest.mark.parametrize("status", ["Charging", "Preparing", "Faulted", "Unavailable"])
def test_where_any_evse_would_do_another_takes_the_place(booked, two, status):
    Evse.objects.filter(pk=booked.evse_id).update(status=status)

    hold_due_reservations(now=NOON)

    booked.refresh_from_db()
    assert (booked.evse, state(booked)) == (two, HELD)
    assert StationCommand.objects.get().station_id == two.station_id
    assert not Evse.objects.exclude(pk=two.pk).filter(is_reserved=True).exists()


def test_its_own_evse_is_the_first_choice(booked, two):
    own = booked.evse

    hold_due_reservations(now=NOON)

    booked.refresh_from_db()
    assert (booked.evse, booked.held_by) == (own, "CPMS")


@pytest.mark.parametrize("reason", ["occupied", "charging", "booked", "held", "away", "other plug"])
def test_an_evse_that_is_not_free_takes_no_place(booked, two, reason):
    Evse.objects.filter(pk=booked.evse_id).update(status="Charging")
    if reason == "occupied":
        Evse.objects.filter(pk=two.pk).update(status="Preparing")
    elif reason == "charging":
        SessionFactory(evse=two)
    elif reason == "booked":
        ReservationFactory(evse=two, starts_at=NOON + 50 * MINUTE)
    elif reason == "held":
        before = {"starts_at": NOON - 60 * MINUTE, "ends_at": NOON, "keep_until": NOON}
        ReservationFactory(evse=two, held_by="CPMS", **before)
    elif reason == "away":
        StationConnection.objects.filter(station=two.station).update(disconnected_at=NOON)
    else:
        two.connectors.update(standard="CHADEMO")

    hold_due_reservations(now=NOON)

    assert (state(booked), booked.evse == two) == (BOOKED, False)


# --- what the station says ---


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"response": {"status": "Accepted"}}, ("RESERVED", "STATION", True, ["RESERVATION"])),
        ({"response": {"status": "Rejected"}}, HELD),
        ({"error": {"code": "NotSupported", "description": ""}}, HELD),
        ({"error": {"code": "timed_out", "description": ""}, "status": "timed_out"}, HELD),
        ({"response": {"status": "Occupied"}}, HELD),
        ({"response": {"status": "Faulted"}}, HELD),
    ],
)
def test_a_booking_is_held_whatever_the_station_says(booked, answer, expected):
    hold_due_reservations(now=NOON)
    command = StationCommand.objects.get()
    settle_command(command_id=command.pk, now=NOON, **answer)

    assert settle_hold(command_id=command.pk, now=NOON)

    assert state(booked) == expected
    assert not settle_hold(command_id=command.pk, now=NOON)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Accepted", ("RESERVED", "STATION", True, ["RESERVATION"])),
        ("Rejected", HELD),
        ("Occupied", ("REJECTED", "", False, [])),
        ("Faulted", ("REJECTED", "", False, [])),
        ("Unavailable", ("REJECTED", "", False, [])),
    ],
)
def test_a_hold_stands_or_falls_with_what_the_station_sees(booked, status, expected):
    command = issue_command(station=booked.evse.station, action="ClearCache", payload={}, now=NOON)
    Reservation.objects.update(status="PENDING", held_by="CPMS", hold_command_id=command.pk)
    Evse.objects.update(is_reserved=True)
    settle_command(command_id=command.pk, now=NOON, response={"status": status})

    settle_holds(now=NOON)

    assert state(booked) == expected
    assert settle_holds(now=NOON) == 0


def test_an_answer_that_has_not_come_settles_nothing(booked):
    hold_due_reservations(now=NOON)

    assert (settle_holds(now=NOON), state(booked)) == (0, HELD)
    assert not settle_hold(command_id=StationCommand.objects.get().pk, now=NOON)


# --- nobody comes ---


@pytest.mark.parametrize(("at", "expected"), [(29, "RESERVED"), (30, "NO_SHOW")])
def test_who_does_not_come_in_time_is_a_no_show(booked, at, expected):
    hold_due_reservations(now=NOON)

    end_reservations(now=NOON + at * MINUTE)

    assert state(booked)[0] == expected
    if expected == "NO_SHOW":
        assert state(booked) == ("NO_SHOW", "", False, ["COMPLETED"])
        assert booked.released_at == NOON + 30 * MINUTE
    assert [one.action for one in StationCommand.objects.all()] == ["ReserveNow"]


@pytest.mark.parametrize(
    "state_of_evse",
    [
        {"status": "Faulted"},
        {"status": "Charging"},
        {"availability": "Inoperative"},
        {"removed_at": NOON},
    ],
)
def test_nobody_is_a_no_show_where_nobody_could_charge(booked, state_of_evse):
    hold_due_reservations(now=NOON)
    Evse.objects.update(**state_of_evse)

    end_reservations(now=NOON + 30 * MINUTE)

    assert state(booked) == ("FAILED", "", False, ["COMPLETED"])


def test_nobody_is_a_no_show_at_a_station_that_is_away(booked):
    StationConnection.objects.update(disconnected_at=NOON)

    end_reservations(now=NOON + 30 * MINUTE)

    assert state(booked) == ("FAILED", "", False, [])


@pytest.mark.parametrize(
    ("session", "at", "is_released"),
    [({}, 59, False), ({}, 60, True), ({"ended": True}, 10, True)],
)
def test_a_used_window_is_released_at_its_end_or_when_the_car_goes(session, at, is_released):
    used = ReservationFactory(evse=EvseFactory(), starts_at=NOON, status="FULFILLED")
    SessionFactory(evse=used.evse, reservation=used, **session)

    end_reservations(now=NOON + at * MINUTE)

    used.refresh_from_db()
    assert used.released_at == (NOON + at * MINUTE if is_released else None)
