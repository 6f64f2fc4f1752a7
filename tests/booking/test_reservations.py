"""Reservations as people ask for them: made, moved, cancelled."""

from datetime import timedelta

import pytest

from booking.domain.reserving import Holder
from booking.errors import (
    BookingInPast,
    EvseAlreadyBooked,
    EvseOccupied,
    EvseOutOfService,
    NoEvseFree,
    ReservationExists,
    ReservationSettled,
    TokenNotAuthorized,
)
from booking.models import ChargingSession, Reservation
from booking.services import cancel_reservation, change_reservation, reserve, reserve_any
from cpms.kernel.windows import TimeWindow
from stations.errors import UnknownEvse, UnknownStation
from stations.models import Evse, StationCommand, StationConnection
from stations.services import settle_command
from tests.factories.booking import NOON, ReservationFactory, SessionFactory, TokenFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

pytestmark = pytest.mark.django_db
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


# --- any EVSE with such a connector ---


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


# --- change ---


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
