"""Reservations that are moved, prolonged and cancelled."""

import pytest

from booking.errors import (
    BookingInPast,
    EvseAlreadyBooked,
    ReservationSettled,
)
from booking.models import ChargingSession
from booking.services import cancel_reservation, change_reservation
from stations.models import StationCommand
from stations.services import settle_command
from tests.booking.reserver import MINUTE, commands, evse, make, state, window
from tests.factories.booking import NOON, ReservationFactory

__all__ = ["evse"]
pytestmark = pytest.mark.django_db


def move(reservation, start, length=60, now=NOON):
    return change_reservation(reservation=reservation, window=window(start, length), now=now)


def test_a_booking_moves_also_onto_part_of_its_own_window(evse):
    made = make(evse)

    move(made, 150)

    made.refresh_from_db()
    assert (made.starts_at, made.ends_at, made.hold_at, made.keep_until) == (
        NOON + 150 * MINUTE,
        NOON + 210 * MINUTE,
        NOON + 135 * MINUTE,
        NOON + 180 * MINUTE,
    )


def test_a_booking_does_not_move_onto_another(evse):
    made = make(evse)
    make(evse, 240)

    with pytest.raises(EvseAlreadyBooked):
        move(made, 200)

    made.refresh_from_db()
    assert made.starts_at == NOON + 120 * MINUTE


def test_a_hold_is_prolonged_and_the_station_told(evse):
    made = make(evse, 0, 30)

    move(made, 0, 50, now=NOON + 20 * MINUTE)

    made.refresh_from_db()
    assert (made.starts_at, made.ends_at, made.keep_until) == (
        NOON,
        NOON + 50 * MINUTE,
        NOON + 50 * MINUTE,
    )
    assert [(name, payload.get("expiryDate")) for name, payload in commands()] == [
        ("ReserveNow", "2026-06-01T12:30:00Z"),
        ("ReserveNow", "2026-06-01T12:50:00Z"),
    ]


def test_a_booking_that_moves_to_now_stays_promised(evse):
    made = make(evse)

    move(made, 1, now=NOON + MINUTE)

    assert state(made) == ("RESERVED", "CPMS", True, ["RESERVATION"])


def test_a_hold_does_not_move_into_the_past(evse):
    made = make(evse, 0, 30)

    with pytest.raises(BookingInPast):
        move(made, 0, 10, now=NOON + 20 * MINUTE)

    made.refresh_from_db()
    assert made.ends_at == NOON + 30 * MINUTE


def test_a_hold_that_moves_to_later_is_let_go(evse):
    made = make(evse, 10)

    move(made, 240)

    assert state(made) == ("RESERVED", "", False, ["RESERVATION"])
    assert ChargingSession.objects.get().started_at == made.starts_at
    assert [name for name, _ in commands()] == ["ReserveNow", "CancelReservation"]


# --- cancel ---


def test_a_cancelled_booking_is_over_and_its_window_free(evse):
    made = make(evse)

    cancel_reservation(reservation=made, by="EMSP", now=NOON + MINUTE, reason="ill")

    made.refresh_from_db()
    assert (made.status, made.canceled_by, made.cancel_reason, made.released_at) == (
        "CANCELED",
        "EMSP",
        "ill",
        NOON + MINUTE,
    )
    assert commands() == []
    make(evse)


def test_a_cancelled_hold_is_taken_back_from_the_station(evse):
    made = make(evse, 0, 45)
    settle_command(
        command_id=StationCommand.objects.get().pk, now=NOON, response={"status": "Accepted"}
    )

    cancel_reservation(reservation=made, by="CPO", now=NOON + MINUTE)

    assert state(made) == ("CANCELED", "", False, [])
    assert commands()[1] == ("CancelReservation", {"reservationId": made.pk})


@pytest.mark.parametrize("status", ["FULFILLED", "CANCELED", "NO_SHOW", "REJECTED", "FAILED"])
def test_what_is_over_is_neither_moved_nor_cancelled(status):
    over = ReservationFactory(status=status, released_at=NOON)

    with pytest.raises(ReservationSettled):
        cancel_reservation(reservation=over, by="CPO", now=NOON)
    with pytest.raises(ReservationSettled):
        move(over, 300)

    over.refresh_from_db()
    assert over.status == status
