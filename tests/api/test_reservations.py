"""Reservations over REST."""

from datetime import timedelta

import pytest
import time_machine

from booking.models import Reservation
from stations.models import Evse, StationCommand, StationConnection
from tests.api.conftest import problem_of
from tests.factories.booking import NOON, ReservationFactory, TokenFactory

pytestmark = pytest.mark.django_db
BODY = {
    "evse_uid": "E1",
    "id_token": "GOOD",
    "starts_at": "2026-06-01T14:00:00Z",
    "ends_at": "2026-06-01T17:00:00+02:00",
}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def evse(place):
    """E1 of CP1, which is connected; GOOD may charge."""
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    TokenFactory(uid="GOOD")
    return Evse.objects.get()


def test_a_booking_is_made_shown_and_cancelled(operator, evse):
    made = operator.post("reservations", BODY)

    body = made.json()
    stored = Reservation.objects.get()
    assert made.status_code == 201
    assert body == {
        "id": stored.pk,
        "status": "RESERVED",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "station": "CP1",
        "connector_standard": "",
        "id_token": "GOOD",
        "group_id": "",
        "country_code": "",
        "party_id": "",
        "reference": "",
        "authorization_reference": "",
        "starts_at": "2026-06-01T14:00:00Z",
        "ends_at": "2026-06-01T15:00:00Z",
        "hold_at": "2026-06-01T13:45:00Z",
        "keep_until": "2026-06-01T14:30:00Z",
        "cancel_until": "2026-06-01T13:00:00Z",
        "held_by": None,
        "canceled_by": None,
        "cancel_reason": "",
        "released_at": None,
        "session_id": None,
        "cdr_id": None,
        "created_at": "2026-06-01T12:00:00Z",
        "last_updated": "2026-06-01T12:00:00Z",
    }
    assert stored.issued_by == operator.user
    assert operator.get(f"reservations/{stored.pk}").json() == body
    assert operator.get("reservations").json() == {"results": [body], "next": None}

    assert operator.delete(f"reservations/{stored.pk}").status_code == 204
    shown = operator.get(f"reservations/{stored.pk}").json()
    assert (shown["status"], shown["canceled_by"]) == ("CANCELED", "CPO")
    assert problem_of(operator.delete(f"reservations/{stored.pk}")) == (409, "reservation_settled")


def test_an_overlap_is_a_conflict(operator, evse):
    operator.post("reservations", BODY)

    answer = operator.post("reservations", {**BODY, "starts_at": "2026-06-01T14:59:59Z"})

    assert problem_of(answer) == (409, "evse_already_booked")
    assert Reservation.objects.count() == 1


def test_without_a_start_it_begins_now_and_the_station_is_asked(operator, evse):
    body = {**BODY, "ends_at": "2026-06-01T12:30:00Z"}
    del body["starts_at"]

    made = operator.post("reservations", body).json()

    assert (made["status"], made["held_by"], made["starts_at"]) == (
        "PENDING",
        "CPMS",
        "2026-06-01T12:00:00Z",
    )
    assert StationCommand.objects.get().action == "ReserveNow"
    assert operator.get("evses/E1").json()["status"] == "RESERVED"
    assert operator.get("locations/LOC1/external-status").json()["types"] == [
        {
            "type": "fast",
            "total": 1,
            "available": 0,
            "price": None,
            "first_free_at": "2026-06-01T12:30:00Z",
        }
    ]


def test_any_evse_with_such_a_connector(operator, evse):
    body = {**BODY, "location_id": "LOC1", "connector_standard": "IEC_62196_T2"}
    del body["evse_uid"]

    made = operator.post("reservations", body).json()

    assert (made["evse_uid"], made["connector_standard"]) == ("E1", "IEC_62196_T2")
    assert problem_of(operator.post("reservations", body)) == (409, "no_evse_free")


def test_a_booking_moves(operator, evse):
    made = operator.post("reservations", BODY).json()

    moved = operator.patch(f"reservations/{made['id']}", {"ends_at": "2026-06-01T16:00:00Z"})

    assert moved.json() == {**made, "ends_at": "2026-06-01T16:00:00Z"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"evse_uid": "NONE"}, 404, "unknown_evse"),
        ({"id_token": "WHO"}, 403, "token_not_authorized"),
        ({"ends_at": "2026-06-01T14:00:00Z"}, 400, "empty_window"),
        ({"ends_at": "2027-06-01T14:00:00Z"}, 400, "booking_too_long"),
        ({"starts_at": "2026-05-01T14:00:00Z"}, 400, "booking_in_past"),
        ({"starts_at": "2028-06-01T14:00:00Z", "ends_at": "2028-06-01T15:00:00Z"}, 400,
         "booking_too_far_ahead"),
        ({"starts_at": "0001-01-01T00:00:00Z"}, 400, "booking_in_past"),
        ({"starts_at": "2026-06-01T14:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}, 400,
         "booking_too_long"),
        ({"starts_at": "9999-12-31T23:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}, 400,
         "booking_too_far_ahead"),
        ({"starts_at": "tomorrow"}, 400, "invalid"),
        ({"location_id": "LOC1", "connector_standard": "IEC_62196_T2"}, 400, "invalid"),
        ({"id_token": ""}, 400, "invalid"),
        ({"id_token": "x" * 37}, 400, "invalid"),
        ({"evse_uid": {}}, 400, "invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_not_stored(operator, evse, change, status, code):
    assert problem_of(operator.post("reservations", {**BODY, **change})) == (status, code)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("change", [{"connector_standard": "NONE"}, {"location_id": "FAR"}])
def test_any_evse_of_nowhere_is_refused(operator, evse, change):
    body = {**BODY, "location_id": "LOC1", "connector_standard": "IEC_62196_T2", **change}
    del body["evse_uid"]

    answer = operator.post("reservations", body)

    assert problem_of(answer)[0] in (400, 404)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("method", ["get", "delete", "patch"])
@pytest.mark.parametrize("key", ["1", "2147483648", "99999999999999999999"])
def test_there_is_no_such_reservation(operator, method, key):
    ask = getattr(operator, method)

    answer = ask(f"reservations/{key}", {}) if method == "patch" else ask(f"reservations/{key}")

    assert problem_of(answer) == (404, "unknown_reservation")


def test_reservations_are_narrowed_and_paginated(viewer, place):
    evse = Evse.objects.get()
    late, early = (
        ReservationFactory(evse=evse, starts_at=NOON + timedelta(hours=hours)) for hours in (9, 3)
    )
    elsewhere = ReservationFactory(status="CANCELED", released_at=NOON)

    def ids(query):
        return [row["id"] for row in viewer.get(f"reservations?{query}").json()["results"]]

    assert ids("") == [late.pk, early.pk, elsewhere.pk]
    assert ids("ordering=starts_at") == [elsewhere.pk, early.pk, late.pk]
    assert ids("status=CANCELED") == [elsewhere.pk]
    assert ids("location_id=LOC1&evse_uid=E1&station=CP1") == [late.pk, early.pk]
    assert ids(f"id_token={early.id_token.lower()}") == [early.pk]
    assert ids("ends_after=2026-06-01T16:00:00Z") == [late.pk]
    assert ids("starts_before=2026-06-01T15:00:00Z") == [elsewhere.pk]
    page = viewer.get("reservations?limit=2").json()
    assert [row["id"] for row in viewer.get(page["next"]).json()["results"]] == [elsewhere.pk]


def test_a_viewer_only_reads(viewer, evse):
    reservation = ReservationFactory()

    assert problem_of(viewer.post("reservations", BODY))[0] == 403
    assert problem_of(viewer.delete(f"reservations/{reservation.pk}"))[0] == 403
    assert viewer.get("reservations").status_code == 200
