"""Reservations as people ask for them: what is stored, what is refused, what a station is asked."""

import pytest

from booking.domain.reserving import Holder
from booking.errors import (
    BookingInPast,
    EvseAlreadyBooked,
    EvseOccupied,
    EvseOutOfService,
    ReservationExists,
    TokenNotAuthorized,
)
from booking.models import Reservation
from booking.services import cancel_reservation
from stations.errors import UnknownEvse, UnknownStation
from stations.models import Evse, StationCommand, StationConnection
from tests.booking.reserver import HOUR, MINUTE, commands, evse, make, state
from tests.factories.booking import NOON, ReservationFactory, SessionFactory, TokenFactory
from tests.factories.stations import EvseFactory

__all__ = ["evse"]
pytestmark = pytest.mark.django_db


# --- a booking ---


def test_a_booking_keeps_its_window_and_the_terms_it_was_made_on(evse):
    made = make(evse, holder=Holder("04a1b2c3"))

    made.refresh_from_db()
    assert (made.evse, made.id_token, made.group_id, made.token.uid, made.status) == (
        evse,
        "04A1B2C3",
        "FLEET",
        "04A1B2C3",
        "RESERVED",
    )
    assert (made.starts_at, made.ends_at, made.released_at) == (
        NOON + 2 * HOUR,
        NOON + 3 * HOUR,
        None,
    )
    assert (made.hold_at, made.keep_until, made.cancel_until) == (
        NOON + 105 * MINUTE,
        NOON + 150 * MINUTE,
        NOON + 60 * MINUTE,
    )
    assert state(made) == ("RESERVED", "", False, [])
    assert commands() == []


@pytest.mark.parametrize(("start", "length"), [(120, 60), (90, 31), (179, 60), (130, 10), (60, 240)])  # fmt: skip
def test_no_two_share_a_moment_of_an_evse(evse, start, length):
    made = make(evse)

    with pytest.raises(EvseAlreadyBooked):
        make(evse, start, length)

    assert list(Reservation.objects.all()) == [made]


def test_windows_may_follow_each_other_and_other_evses_are_free(evse):
    make(evse)

    make(evse, 60, 60)
    make(evse, 180, 60)
    make(EvseFactory())

    assert Reservation.objects.count() == 4


@pytest.mark.parametrize("status", ["CANCELED", "NO_SHOW", "REJECTED", "FAILED"])
def test_what_is_over_keeps_nobody_out(evse, status):
    ReservationFactory(evse=evse, status=status, released_at=NOON)

    assert make(evse).status == "RESERVED"


@pytest.mark.parametrize(
    ("session", "is_free"),
    [({}, False), ({"ended": True}, True)],
)
def test_a_used_window_is_free_again_when_the_car_has_gone(evse, session, is_free):
    used = ReservationFactory(evse=evse, status="FULFILLED")
    SessionFactory(evse=evse, reservation=used, started_at=NOON, **session)

    if is_free:
        assert make(evse).status == "RESERVED"
    else:
        with pytest.raises(EvseAlreadyBooked):
            make(evse)


@pytest.mark.parametrize("token", [{"status": "Blocked"}, {"expires_at": NOON}])
def test_a_token_that_may_not_charge_reserves_nothing(evse, token):
    TokenFactory(uid="BAD", **token)

    for uid in ("BAD", "UNKNOWN"):
        with pytest.raises(TokenNotAuthorized):
            make(evse, holder=Holder(uid))

    assert not Reservation.objects.exists()


def test_who_vouches_for_a_token_is_believed(evse):
    holder = Holder("APP-7", country_code="NL", party_id="MSP", is_vouched_for=True)

    made = make(evse, holder=holder)

    assert (made.id_token, made.party_id, made.token) == ("APP-7", "MSP", None)


def test_a_partys_reservation_is_of_its_own_token(evse):
    TokenFactory(uid="SAME")
    theirs = TokenFactory(uid="same", country_code="NL", party_id="MSP", group_id="G")

    made = make(evse, holder=Holder("SAME", country_code="NL", party_id="MSP"))

    assert (made.token, made.group_id) == (theirs, "G")


def test_an_open_reference_is_one_reservation(evse):
    named = Holder("04A1B2C3", country_code="NL", party_id="MSP", reference="R1", is_vouched_for=True)  # fmt: skip
    first = make(evse, holder=named)

    with pytest.raises(ReservationExists):
        make(evse, 300, holder=named)
    cancel_reservation(reservation=first, by="CPO", now=NOON)

    assert make(evse, 300, holder=named).reference == "R1"


def test_what_the_terms_do_not_offer_is_not_stored(evse):
    with pytest.raises(BookingInPast):
        make(evse, -60)

    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"removed_at": NOON}, UnknownEvse),
        ({"station": None, "number": None}, UnknownStation),
        ({"availability": "Inoperative"}, EvseOutOfService),
        ({"availability": "Inoperative", "available_again_at": NOON + 3 * HOUR}, EvseOutOfService),
        ({"availability": "Inoperative", "available_again_at": NOON + 2 * HOUR}, None),
        ({"status": "Charging"}, None),
        ({"status": "Faulted"}, None),
    ],
)
def test_an_evse_can_be_booked_if_it_will_be_in_service(evse, change, refusal):
    Evse.objects.filter(pk=evse.pk).update(**change)

    if refusal:
        with pytest.raises(refusal):
            make(evse)
    else:
        make(evse)

    assert Reservation.objects.count() == (0 if refusal else 1)


# --- a hold ---


def test_a_hold_is_asked_of_a_connected_station_and_waits_for_its_answer(evse):
    made = make(evse, 0, 45)

    assert state(made) == ("PENDING", "CPMS", True, [])
    assert commands() == [
        (
            "ReserveNow",
            {
                "connectorId": 2,
                "expiryDate": "2026-06-01T12:45:00Z",
                "idTag": "04A1B2C3",
                "parentIdTag": "FLEET",
                "reservationId": made.pk,
            },
        )
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"configuration": {"SupportedFeatureProfiles": {"value": "Core"}}},
    ],
)
def test_the_cpms_holds_where_the_station_cannot(evse, change):
    type(evse.station).objects.filter(pk=evse.station_id).update(**change)

    made = make(evse, 0, 45)

    assert state(made) == ("RESERVED", "CPMS", True, ["RESERVATION"])
    assert commands() == []


def test_the_cpms_holds_at_once_while_the_station_is_away_and_asks_it_later(evse):
    StationConnection.objects.update(disconnected_at=NOON)

    made = make(evse, 0, 45)

    assert state(made) == ("RESERVED", "CPMS", True, ["RESERVATION"])
    assert [(one.status, one.deadline_at) for one in StationCommand.objects.all()] == [
        ("queued", NOON + 45 * MINUTE)
    ]


def test_a_booking_that_starts_soon_is_held_at_once(evse):
    made = make(evse, 10)

    assert state(made) == ("RESERVED", "CPMS", True, ["RESERVATION"])
    assert [name for name, _ in commands()] == ["ReserveNow"]


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        ("Charging", EvseOccupied),
        ("Preparing", EvseOccupied),
        ("Finishing", EvseOccupied),
        ("Faulted", EvseOutOfService),
        ("Unavailable", EvseOutOfService),
    ],
)
def test_no_hold_where_a_car_stands_or_none_can_charge(evse, status, refusal):
    Evse.objects.update(status=status)

    with pytest.raises(refusal):
        make(evse, 0)

    assert (Reservation.objects.count(), commands()) == (0, [])


def test_no_hold_where_a_car_charges(evse):
    SessionFactory(evse=evse)

    with pytest.raises(EvseOccupied):
        make(evse, 0)


@pytest.mark.parametrize("held_by", ["CPMS", ""])
def test_no_hold_where_it_is_kept_for_a_booking_that_starts_soon(evse, held_by):
    ReservationFactory(evse=evse, starts_at=NOON + 10 * MINUTE, held_by=held_by)

    with pytest.raises(EvseAlreadyBooked):
        make(evse, 0, 10)

    assert Reservation.objects.count() == 1
