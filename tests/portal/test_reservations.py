"""The pages of reservations: list, calendar, one, make, change, cancel."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.enums import Role
from booking.models import Reservation
from booking.portal.calendars import list_facts
from booking.portal.reservations import reservation_fragments, reservations_fragments
from stations.models import Evse, StationConnection
from tests.factories.booking import NOON, ReservationFactory, TokenFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def evse():
    """E1 of a connected station at LOC1, by the clock of Amsterdam (two hours ahead)."""
    location = LocationFactory(ocpi_id="LOC1", name="Station square")
    made = EvseFactory(uid="E1", station=StationFactory(identity="CP1", location=location))
    ConnectorFactory(evse=made)
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    TokenFactory(uid="04A1B2C3")
    return made


def shown(params, now=NOON):
    return [one.pk for one in list_facts(params, now)["page"].object_list]


# --- the list ---


def test_the_list_shows_what_is_to_come_first_what_comes_first(evse):
    late = ReservationFactory(evse=evse, starts_at=NOON + 5 * HOUR)
    soon = ReservationFactory(evse=evse, starts_at=NOON + HOUR)
    used = ReservationFactory(evse=evse, starts_at=NOON - HOUR / 2, status="FULFILLED")
    gone = ReservationFactory(evse=evse, status="CANCELED", released_at=NOON)
    past = ReservationFactory(
        evse=evse, starts_at=NOON - 9 * HOUR, status="FULFILLED", released_at=NOON - 8 * HOUR
    )

    assert shown({}) == [used.pk, soon.pk, late.pk]
    assert shown({"status": "CANCELED"}) == [gone.pk]
    assert shown({"status": "all"}) == [late.pk, gone.pk, soon.pk, used.pk, past.pk]


def test_the_list_is_narrowed(evse):
    here = ReservationFactory(evse=evse)
    there = ReservationFactory()

    assert shown({"location": "LOC1"}) == shown({"station": "cp1"}) == [here.pk]
    assert shown({"id_token": there.id_token.lower()}) == [there.pk]
    assert shown({"location": "NONE"}) == []


def test_a_day_is_the_locations_own(evse):
    """23:30 of Amsterdam's second of June is 21:30 UTC."""
    at = datetime(2026, 6, 2, 21, 30, tzinfo=UTC)
    night = ReservationFactory(evse=evse, starts_at=at, ends_at=at + HOUR / 4, keep_until=at + HOUR / 4)  # fmt: skip
    past = datetime(2026, 6, 2, 22, 0, tzinfo=UTC)
    ReservationFactory(evse=evse, starts_at=past)

    assert shown({"location": "LOC1", "day": "2026-06-02"}) == [night.pk]


@pytest.mark.parametrize(
    "params",
    [
        {"status": "LOUD"},
        {"location": "\0"},
        {"day": "tomorrow"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"page": "many"},
        {"page": "99999999999999999999"},
        {"location": "LOC1", "day": "2026-02-31"},
    ],
)
def test_what_makes_no_sense_is_said_and_left_out(viewer, evse, params):
    ReservationFactory(evse=evse)

    answer = viewer.get(reverse("reservations"), params)

    assert (answer.status_code, "04A1B2C3" in answer.content.decode()) == (200, True)


def test_many_reservations_come_in_pages(viewer, evse):
    for number in range(51):
        ReservationFactory(evse=evse, starts_at=NOON + (2 + number) * HOUR)

    first = viewer.get(reverse("reservations")).content.decode()
    second = viewer.get(reverse("reservations") + "?page=2").content.decode()

    assert (first.count('id="r-'), second.count('id="r-')) == (50, 1)
    assert 'href="?page=2"' in first
    assert 'href="?page=1"' in second


def test_the_list_costs_the_same_for_one_and_for_many(viewer, evse, django_assert_max_num_queries):
    counts = []
    for number in (1, 20):
        for _ in range(number):
            other = EvseFactory(station=StationFactory(location=evse.location))
            ReservationFactory(evse=other)
        with django_assert_max_num_queries(14) as queries:
            viewer.get(reverse("reservations") + "?location=LOC1")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_without_reservations_the_page_says_so(viewer, evse):
    answer = viewer.get(reverse("reservations")).content.decode()

    assert "Nothing is reserved" in answer


# --- the calendar ---


def test_the_calendar_has_a_row_for_each_evse_by_the_local_clock(evse):
    EvseFactory(uid="E2", station=evse.station)
    booked = ReservationFactory(evse=evse)  # 14:00 UTC: 16 to 17 o'clock there
    ReservationFactory(evse=evse, status="CANCELED", released_at=NOON)

    calendar = list_facts({"location": "LOC1"}, NOON)["calendar"]

    rows = {row.evse.uid: [(cell.slots, cell.things) for cell in row.cells] for row in calendar["rows"]}  # fmt: skip
    assert rows == {"E1": [(32, []), (2, [booked]), (14, [])], "E2": [(48, [])]}
    assert (str(calendar["day"]), calendar["before"], calendar["after"]) == (
        "2026-06-01",
        "?location=LOC1&day=2026-05-31",
        "?location=LOC1&day=2026-06-02",
    )


def test_a_used_window_ends_in_the_calendar_when_the_car_went(evse):
    used = ReservationFactory(evse=evse, starts_at=NOON - 2 * HOUR, status="FULFILLED", released_at=NOON - 90 * HOUR / 60)  # fmt: skip

    (row,) = list_facts({"location": "LOC1"}, NOON)["calendar"]["rows"]

    assert [(cell.slots, cell.things) for cell in row.cells] == [(24, []), (1, [used]), (23, [])]


def test_the_calendar_is_a_table_with_links(viewer, evse):
    booked = ReservationFactory(evse=evse)

    page = viewer.get(reverse("reservations") + "?location=LOC1").content.decode()

    assert f'<a href="/reservations/{booked.pk}/"' in page
    assert 'colspan="2" class="taken"' in page
    assert 'aria-current="time">14</th>' in page


# --- make, change, cancel ---


FORM = {"place": "evse:E1", "id_token": "04A1B2C3", "starts_at": "2026-06-01T16:00", "ends_at": "2026-06-01T17:00"}  # fmt: skip


def test_an_operator_reserves_by_the_locations_clock(operator, evse):
    answer = operator.post(reverse("reservation-add") + "?evse=E1", FORM)

    made = Reservation.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/reservations/{made.pk}/")
    assert (made.evse, made.starts_at, made.ends_at, made.issued_by) == (
        evse,
        NOON + 2 * HOUR,
        NOON + 3 * HOUR,
        operator.user,
    )


def test_without_a_start_it_is_held_from_now_on(operator, evse):
    operator.post(reverse("reservation-add") + "?location=LOC1", {**FORM, "starts_at": ""})

    assert Reservation.objects.values_list("status", "starts_at").get() == ("PENDING", NOON)


def test_any_evse_with_such_a_connector(operator, evse):
    form = {**FORM, "place": "any:IEC_62196_T2"}

    operator.post(reverse("reservation-add") + "?location=LOC1", form)

    assert Reservation.objects.values_list("evse__uid", "connector_standard").get() == (
        "E1",
        "IEC_62196_T2",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"place": "evse:NONE"}, "Select a valid choice"),
        ({"id_token": "WHO"}, "may not charge"),
        ({"id_token": ""}, "required"),
        ({"id_token": "a\0b"}, "Null characters"),
        ({"starts_at": "soon"}, "Enter a valid date"),
        ({"starts_at": "2026-06-01T17:00"}, "must end after it starts"),
        ({"ends_at": "9999-12-31T23:59"}, "cannot last that long"),
        ({"starts_at": "2026-05-01T16:00"}, "cannot begin in the past"),
        ({"starts_at": "2026-06-01T15:30"}, "Another reservation"),
    ],
)
def test_what_cannot_be_is_said_at_the_form(operator, evse, change, words):
    ReservationFactory(evse=evse, starts_at=NOON + 3 * HOUR / 2, ends_at=NOON + 2 * HOUR)

    answer = operator.post(reverse("reservation-add") + "?location=LOC1", {**FORM, **change})

    assert (answer.status_code, words in answer.content.decode()) == (200, True)
    assert Reservation.objects.count() == 1


def test_the_location_is_chosen_first(operator, evse):
    page = operator.get(reverse("reservation-add")).content.decode()

    assert '<option value="LOC1">Station square</option>' in page
    assert operator.get(reverse("reservation-add") + "?location=FAR").status_code == 404
    assert operator.get(reverse("reservation-add") + "?evse=FAR").status_code == 404


def test_the_form_knows_the_evse_it_was_opened_at(operator, evse):
    page = operator.get(reverse("reservation-add") + "?evse=E1").content.decode()

    assert '<option value="evse:E1" selected>' in page


def test_the_window_moves(operator, evse):
    booked = ReservationFactory(evse=evse)
    url = reverse("reservation-edit", args=[booked.pk])

    page = operator.get(url).content.decode()
    operator.post(url, {"starts_at": "2026-06-01T18:00", "ends_at": "2026-06-01T19:30"})

    booked.refresh_from_db()
    assert 'value="2026-06-01T16:00"' in page
    assert (booked.starts_at, booked.ends_at) == (NOON + 4 * HOUR, NOON + 11 * HOUR / 2)


def test_the_window_does_not_move_onto_another(operator, evse):
    booked = ReservationFactory(evse=evse)
    ReservationFactory(evse=evse, starts_at=NOON + 4 * HOUR)

    answer = operator.post(
        reverse("reservation-edit", args=[booked.pk]),
        {"starts_at": "2026-06-01T18:00", "ends_at": "2026-06-01T19:30"},
    )

    assert "Another reservation" in answer.content.decode()


@pytest.mark.parametrize("by", ["CPO", "EMSP"])
def test_an_operator_cancels(operator, evse, by):
    booked = ReservationFactory(evse=evse)
    url = reverse("reservation-cancel", args=[booked.pk])

    operator.post(url, {"by": by, "reason": "ill"})
    again = operator.post(url, {"by": by}, follow=True)

    booked.refresh_from_db()
    assert (booked.status, booked.canceled_by, booked.cancel_reason) == ("CANCELED", by, "ill")
    assert "was used, cancelled or is over" in again.content.decode()


def test_who_cancels_must_be_said(operator, evse):
    booked = ReservationFactory(evse=evse)

    operator.post(reverse("reservation-cancel", args=[booked.pk]), {"by": "NOBODY"})

    booked.refresh_from_db()
    assert booked.status == "RESERVED"


def test_a_viewer_reads_and_nobody_else_does(client, viewer, client_of, evse):
    booked = ReservationFactory(evse=evse)
    pages = [
        reverse("reservations"),
        reverse("reservation", args=[booked.pk]),
    ]
    acts = [
        (reverse("reservation-add") + "?evse=E1", FORM),
        (reverse("reservation-edit", args=[booked.pk]), FORM),
        (reverse("reservation-cancel", args=[booked.pk]), {"by": "CPO"}),
    ]

    assert [viewer.get(url).status_code for url in pages] == [200, 200]
    assert [viewer.post(url, form).status_code for url, form in acts] == [403] * 3
    assert [client.get(url).status_code for url in pages] == [302, 302]
    assert [client_of(Role.NONE).get(pages[0]).status_code] == [403]
    assert "Cancel reservation" not in viewer.get(pages[1]).content.decode()


def test_there_is_no_such_reservation(viewer):
    for url in ("/reservations/1/", "/reservations/99999999999999999999/"):
        assert viewer.get(url).status_code == 404


# --- one reservation ---


def test_the_page_of_one_says_what_became_of_it(viewer, evse):
    cancelled = ReservationFactory(
        evse=evse, status="CANCELED", released_at=NOON, canceled_by="EMSP", cancel_reason="ill"
    )

    page = viewer.get(reverse("reservation", args=[cancelled.pk])).content.decode()

    assert "The driver: ill" in page
    assert "Kept until" not in page


def test_both_pages_are_live(viewer, evse):
    booked = ReservationFactory(evse=evse)

    one = reservation_fragments(viewer, {"reservation": str(booked.pk)})
    many = reservations_fragments(viewer, {"location": "LOC1"})

    assert booked.id_token in one["live-reservation"]
    assert booked.id_token in many["live-reservations"]
    assert Evse.objects.count() == 1
