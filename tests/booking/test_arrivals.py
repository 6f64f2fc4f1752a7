"""A car comes where an EVSE is kept for somebody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.errors import EvseReserved
from booking.models import ChargingSession, Reservation
from booking.services import (
    hold_due_reservations,
    request_start,
    settle_hold,
    start_transactions,
)
from stations.models import Evse, StationCommand, StationConnection
from stations.services import settle_command
from tests.factories.booking import NOON, ReservationFactory, TokenFactory, start_of
from tests.factories.stations import EvseFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DRIVER = "MINE"


@pytest.fixture
def evse():
    made = EvseFactory()
    StationConnection.objects.update(connected_at=NOON, epoch=1, gateway="g")
    for uid, group in (("MINE", "FLEET"), ("WIFE", "fleet"), ("OTHER", "OTHERS"), ("ALONE", "")):
        TokenFactory(uid=uid, group_id=group)
    return made


def keep(evse, **more):
    """A booking that starts at noon, for MINE or its group; held by the CPMS."""
    values = {"starts_at": NOON, "id_token": "MINE", "group_id": "FLEET", **more}
    made = ReservationFactory(evse=evse, token=None, created_at=NOON - timedelta(days=1), **values)
    hold_due_reservations(now=NOON)
    return made


def start(evse, id_token=DRIVER, at=NOON, **more):
    fact = start_of(evse, id_token=id_token, started_at=at, **more)
    (answer,) = start_transactions(facts=[fact], now=at)
    return str(answer.authorization.status)


@pytest.mark.parametrize("id_token", ["MINE", "mine", "WIFE"])
def test_the_driver_or_one_of_the_group_uses_the_reservation(evse, id_token):
    kept = keep(evse, authorization_reference="REF")

    assert start(evse, id_token) == "Accepted"

    kept.refresh_from_db()
    session = ChargingSession.objects.get()
    assert (kept.status, kept.held_by, kept.released_at) == ("FULFILLED", "", None)
    assert (session.reservation, session.status, session.id_token, session.flags) == (
        kept,
        "ACTIVE",
        id_token,
        [],
    )
    assert (session.authorization_reference, session.started_at, session.meter_start_wh) == (
        "REF",
        NOON,
        1_000,
    )
    assert not Evse.objects.get().is_reserved


def test_the_session_that_the_reservation_began_is_the_one_that_charges(evse):
    keep(evse)
    began = ChargingSession.objects.get()

    start(evse)

    session = ChargingSession.objects.get()
    assert (began.status, session.status, session.pk, session.created_at) == (
        "RESERVATION",
        "ACTIVE",
        began.pk,
        began.created_at,
    )


@pytest.mark.parametrize("id_token", ["OTHER", "ALONE"])
def test_another_token_is_blocked_and_flagged_however_often_it_is_told(evse, id_token):
    kept = keep(evse)

    assert [start(evse, id_token), start(evse, id_token)] == ["Blocked", "Blocked"]

    kept.refresh_from_db()
    charging = ChargingSession.objects.get(status="ACTIVE")
    assert (kept.status, kept.is_held) == ("RESERVED", True)
    assert (charging.flags, charging.reservation) == (["reserved_for_another"], None)


def test_a_token_that_may_not_charge_uses_nothing_up(evse):
    TokenFactory(uid="LOST", status="Blocked")
    kept = keep(evse, id_token="LOST", group_id="")

    assert start(evse, "LOST") == "Blocked"

    kept.refresh_from_db()
    assert (kept.status, ChargingSession.objects.get(status="ACTIVE").flags) == (
        "RESERVED",
        ["not_authorized"],
    )


def test_a_token_that_its_issuer_must_be_asked_about_is_the_driver_if_it_is_reserved_for(evse):
    keep(evse, id_token="APP-7", group_id="")
    fact = start_of(evse, id_token="APP-7")

    (answer,) = start_transactions(facts=[fact], now=NOON)

    assert (answer.is_open, Reservation.objects.get().status) == (True, "FULFILLED")


def test_no_issuer_is_asked_about_a_token_where_it_is_kept_for_another(evse):
    keep(evse)
    fact = start_of(evse, id_token="STRANGER")

    (answer,) = start_transactions(facts=[fact], now=NOON)

    assert (answer.is_open, str(answer.authorization.status)) == (False, "Blocked")


@pytest.mark.parametrize(
    ("at", "status"),
    [(-16, "Accepted"), (-15, "Blocked"), (0, "Blocked"), (29, "Blocked"), (30, "Accepted")],
)
def test_others_are_kept_out_only_while_it_is_kept_with_or_without_a_sweep(evse, at, status):
    ReservationFactory(evse=evse, token=None, id_token="MINE", starts_at=NOON)

    assert start(evse, "OTHER", NOON + at * MINUTE) == status


def test_the_driver_may_begin_before_the_window(evse):
    booked = ReservationFactory(evse=evse, token=None, id_token="MINE", starts_at=NOON)

    start(evse, at=NOON - 10 * MINUTE)

    booked.refresh_from_db()
    assert booked.status == "FULFILLED"


def test_a_start_from_before_it_was_kept_bars_nobody(evse):
    """An offline queue, replayed: the car was there first."""
    ReservationFactory(evse=evse, token=None, id_token="MINE", starts_at=NOON)
    fact = start_of(evse, id_token="OTHER", started_at=NOON - 60 * MINUTE)

    (answer,) = start_transactions(facts=[fact], now=NOON)

    assert str(answer.authorization.status) == "Accepted"


def test_who_has_it_first_decides_between_two_that_follow_each_other(evse):
    first = ReservationFactory(evse=evse, token=None, id_token="MINE", starts_at=NOON, ends_at=NOON + 20 * MINUTE, keep_until=NOON + 20 * MINUTE)  # fmt: skip
    then = ReservationFactory(evse=evse, token=None, id_token="OTHER", starts_at=NOON + 20 * MINUTE)

    assert start(evse, "OTHER", NOON + 10 * MINUTE) == "Blocked"
    assert start(evse, "MINE", NOON + 11 * MINUTE) == "Accepted"

    statuses = Reservation.objects.in_bulk([first.pk, then.pk])
    assert [statuses[one.pk].status for one in (first, then)] == ["FULFILLED", "RESERVED"]


@pytest.mark.parametrize("names_it", [True, False])
def test_a_station_whose_own_hold_was_not_used_is_told(evse, names_it):
    kept = keep(evse)
    named = {"reservation_id": kept.pk} if names_it else {}

    start(evse, **named)

    actions = StationCommand.objects.order_by("created_at").values_list("action", flat=True)
    assert sorted(actions) == (["ReserveNow"] if names_it else ["CancelReservation", "ReserveNow"])


def test_a_car_that_comes_before_the_station_has_answered_uses_the_reservation(evse):
    kept = keep(evse)
    command_id = StationCommand.objects.get().pk
    Reservation.objects.update(status="PENDING")

    start(evse)
    settle_command(command_id=command_id, now=NOON, response={"status": "Occupied"})

    assert not settle_hold(command_id=command_id, now=NOON)
    kept.refresh_from_db()
    assert kept.status == "FULFILLED"


def test_a_reservation_that_the_station_names_counts_though_our_clock_says_it_is_over(evse):
    kept = keep(evse)

    start(evse, at=NOON + 31 * MINUTE, reservation_id=kept.pk)

    kept.refresh_from_db()
    assert kept.status == "FULFILLED"


def test_naming_a_reservation_does_not_make_it_ones_own(evse):
    kept = keep(evse)
    elsewhere = ReservationFactory(token=None, id_token="OTHER", starts_at=NOON)

    assert start(evse, "OTHER", reservation_id=kept.pk) == "Blocked"
    assert start(EvseFactory(), "OTHER", reservation_id=elsewhere.pk) == "Accepted"

    elsewhere.refresh_from_db()
    assert elsewhere.status == "RESERVED"


@pytest.mark.parametrize(("id_token", "is_let"), [("mine", True), ("WIFE", True), ("OTHER", False)])
def test_a_remote_start_is_for_whom_it_is_kept(evse, id_token, is_let):
    keep(evse)

    def ask():
        return request_start(evse=evse, id_token=id_token, now=NOON)

    if is_let:
        assert ask().action == "RemoteStartTransaction"
    else:
        with pytest.raises(EvseReserved):
            ask()


def test_starts_elsewhere_cost_no_query_more(evse):
    """One look at the reservations for the whole batch."""
    facts = [start_of(one, id_token="OTHER") for one in EvseFactory.create_batch(3)]
    with CaptureQueriesContext(connection) as queries:
        start_transactions(facts=facts, now=NOON)

    looks = [one["sql"] for one in queries if "booking_reservation" in one["sql"]]
    assert [sql.startswith("SELECT") for sql in looks] == [True]
