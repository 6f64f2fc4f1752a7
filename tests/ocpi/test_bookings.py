"""What eMSPs book (OCPI 2.3.0 Bookings): over HTTP, as they write it."""

from dataclasses import replace

import pytest

from booking.models import Reservation, Token
from ocpi.models import Booking, BookingRequest
from stations.models import Evse, Location
from stations.schemas import faults_in
from tests.factories.booking import ReservationFactory
from tests.factories.ocpi import roaming_token
from tests.ocpi.booker import (
    CCS,
    HOUR,
    MINUTE,
    TYPE_2,
    bookable,
    canceled,
    hours_from_now,
    listed,
    period,
    plug,
    send,
    states,
    token,
    wish,
)

OK, MADE = (200, 1000), (201, 1000)


@pytest.fixture
def emsp(emsp):
    emsp.speaks = "2.3.0"
    return emsp


@pytest.fixture
def place(endpoints):
    """What can be booked: one EVSE; the eMSP is registered."""
    return bookable()


def nothing_is_left():
    return not (Booking.objects.exists() or Reservation.objects.exists() or Token.objects.exists())


def test_a_booking(emsp, place):
    body = wish(place, booking_option={"evse_uid": "#NA"}, power_required=11)

    answer = send(emsp, body)

    reservation, booking = Reservation.objects.get(), Booking.objects.get()
    told = answer.data
    assert answer.codes == MADE
    assert faults_in("BookingRequest", body, "2.3.0") == []
    assert faults_in("Booking", told, "2.3.0") == []
    assert told == {
        "id": str(booking.pk),
        "country_code": "NL",
        "party_id": "EMA",
        "request_id": body["request_id"],
        "booking_option": {
            "evse_uid": reservation.evse.uid,
            "connector_id": "1",
            "connector_types": [TYPE_2],
            "connector_format": ["SOCKET"],
            "power_types": ["AC_3_PHASE"],
        },
        "location_id": place.location.ocpi_id,
        "booking_tokens": body["tokens"],
        "period": body["period"],
        "reservation_status": "RESERVED",
        "authorization_reference": "AUTH-1",
        "booking_terms": place.content["booking_terms"],
        "booking_requests": [
            {
                "request_status": "ACCEPTED",
                "booking_request": body,
                "request_received": told["booking_requests"][0]["request_received"],
            }
        ],
        "last_updated": told["last_updated"],
    }
    assert listed(emsp) == [told]
    assert (reservation.id_token, reservation.party_id, reservation.reference) == (
        "04AA", "RMR", str(booking.pk),
    )  # fmt: skip


def test_who_books_sees_it_in_the_calendar_at_once(emsp, place):
    begin = hours_from_now(24)

    send(emsp, wish(place))

    place.refresh_from_db()
    edges = [edge for slot in place.free for edge in (slot.lower, slot.upper)]
    assert edges[1:3] == [begin, begin + HOUR]


def test_the_same_request_again_changes_nothing(emsp, place):
    body = wish(place)
    first = send(emsp, body)

    again = send(emsp, body)

    assert (first.codes, again.codes) == (MADE, OK)
    assert again.data == first.data
    assert (Reservation.objects.count(), BookingRequest.objects.count()) == (1, 1)


def test_a_change_keeps_the_booking_and_every_request(emsp, place):
    body = wish(place)
    first = send(emsp, body).data
    later = {
        **body,
        "period": period(30, 2),
        "tokens": [token("04BB")],
        "authorization_reference": "AUTH-2",
    }

    changed = send(emsp, {**later, "request_id": body["request_id"].lower()})

    told, reservation = changed.data, Reservation.objects.get()
    assert (changed.codes, states(told)) == (OK, ("RESERVED", ["ACCEPTED", "ACCEPTED"]))
    assert (told["id"], told["period"], told["booking_tokens"], told["authorization_reference"]) == (
        first["id"], later["period"], [token("04BB")], "AUTH-2",
    )  # fmt: skip
    assert (reservation.id_token, reservation.authorization_reference) == ("04BB", "AUTH-2")
    assert faults_in("Booking", told, "2.3.0") == []


def test_a_change_moves_to_another_evse_where_its_own_is_taken(emsp, place):
    spare = plug(place.location).evse
    body = wish(place)
    first = Evse.objects.get(uid=send(emsp, body).data["booking_option"]["evse_uid"])
    other = next(evse for evse in place.location.evses.all() if evse != first)
    begin = hours_from_now(30)
    ReservationFactory(evse=first, starts_at=begin)

    told = send(emsp, {**body, "period": period(30)}).data

    assert states(told) == ("RESERVED", ["ACCEPTED", "ACCEPTED"])
    assert told["booking_option"]["evse_uid"] == other.uid
    assert spare in (first, other)
    assert Reservation.objects.filter(evse=first, released_at=None).count() == 1


def test_what_is_taken_is_rejected_and_kept(emsp, place):
    ReservationFactory(evse=Evse.objects.get(), starts_at=hours_from_now(24.5))
    body = wish(place)

    answer = send(emsp, body)
    again = send(emsp, body)
    other_time = send(emsp, {**body, "period": period(40)})

    assert (answer.codes, states(answer.data)) == (MADE, ("REJECTED", ["DECLINED"]))
    assert (
        answer.body["status_message"]
        == "No EVSE with such a connector is free for all of that time."
    )
    assert faults_in("Booking", answer.data, "2.3.0") == []
    assert (again.codes, again.data) == (OK, answer.data)
    assert other_time.codes == (200, 2000)  # it is over: REJECTED is final
    assert Reservation.objects.count() == 1


def test_a_change_that_is_declined_leaves_what_was_agreed(emsp, place):
    body = wish(place)
    before = send(emsp, body).data
    ReservationFactory(evse=Evse.objects.get(), starts_at=hours_from_now(30))

    told = send(emsp, {**body, "period": period(30), "tokens": [token("04BB")]}).data

    assert states(told) == ("RESERVED", ["ACCEPTED", "DECLINED"])
    assert (told["period"], told["booking_tokens"]) == (before["period"], before["booking_tokens"])
    assert not Token.objects.filter(uid="04BB").exists()


@pytest.mark.parametrize("who", ["RECEIVER", "EMSP", "MSP"])
def test_a_cancellation(emsp, place, who):
    body = wish(place)
    send(emsp, body)

    answer = send(emsp, canceled(body, who=who))

    assert (answer.codes, states(answer.data)) == (OK, ("CANCELED", ["ACCEPTED", "ACCEPTED"]))
    assert answer.data["canceled"] == {"cancellation_reason": "TRAFFIC", "who_canceled": "RECEIVER"}
    assert faults_in("Booking", answer.data, "2.3.0") == []
    assert send(emsp, canceled(body, who=who)).data == answer.data
    assert send(emsp, canceled(body, "BROKEN_VEHICLE")).codes == (200, 2000)  # over already
    assert send(emsp, wish(place)).data["reservation_status"] == "RESERVED"  # it is free again


REFUSED = [
    ({"period": period(-3)}, 2001, "A reservation cannot begin in the past."),
    ({"period": period(24, 0.2)}, 2001, "A booking must last longer."),
    ({"period": period(24, 25)}, 2001, "A reservation cannot last that long."),
    ({"period": period(61 * 24)}, 2001, "A reservation cannot be made that far ahead."),
    ({"period": period(24, 0)}, 2001, "A period must end after it starts."),
    ({"period": period(24, -1)}, 2001, "A period must end after it starts."),
    ({"tokens": []}, 2002, "tokens: who may use the booking?"),
    ({"tokens": [token(party_id="OTH")]}, 2001, "tokens: of a party that is not yours"),
    ({"tokens": [token(), token("")]}, 2001, "tokens: a uid is empty"),
    ({"tokens": [token(str(n)) for n in range(21)]}, 2001, "tokens: at most 20"),
    ({"party_id": "OTH"}, 2001, "party_id: of a party that is not yours"),
    ({"location_id": "elsewhere"}, 2003, "There is no such BookingLocation at this Location."),
    ({"booking_location_id": "x"}, 2003, "There is no such BookingLocation at this Location."),
    ({"booking_option": {"evse_uid": "x"}}, 2003, "There is no such Location, EVSE or Connector."),
    ({"request_id": ""}, 2001, "request_id: it is empty"),
    ({"request_id": 7}, 2001, 'request_id: 7 is not of type "string"'),
    ({"period": None}, 2001, 'payload: "period" is a required property'),
    ({"power_required": -1}, 2001, "power_required: kilowatts from 0"),
    ({"more": "x" * 20_000}, 2001, "payload: at most 20000 characters"),
    ({"canceled": {"cancellation_reason": "TRAFFIC", "who_canceled": "EMSP"}}, 2001, "request_id: there is no such booking"),
    ({"canceled": {"cancellation_reason": "BORED", "who_canceled": "EMSP"}}, 2001, None),

]  # fmt: skip


def test_what_breaks_the_terms_or_makes_no_sense_leaves_nothing(emsp, place):
    for more, code, said in REFUSED:
        answer = send(emsp, wish(place, **more))

        assert answer.codes == (200, code), more
        assert said is None or answer.body["status_message"] == said
        assert "data" not in answer.body
    assert nothing_is_left()


def test_a_body_that_is_no_request(emsp, place):
    half = {"access_information": [{"method": "OPEN", "value": "\ud800"}]}
    nul = {"access_information": [{"method": "OPEN", "value": "\0"}]}
    unreadable = [b"{", wish(place, **nul), wish(place, **half)]

    assert [send(emsp, body).codes for body in unreadable] == [(400, 2000)] * 3
    assert [send(emsp, body).codes for body in (b"[]", b'"x"', b"null", b"{}", b"")] == [
        (200, 2001)
    ] * 5
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (lambda body: {**body, "period": period(5)}, "It is too late to change this booking."),
        (canceled, "It is too late to cancel this booking."),
    ],
)
def test_too_late(emsp, place, more, said):
    body = wish(place, period=period(0.75))
    before = send(emsp, body).data

    answer = send(emsp, more(body))

    assert (answer.codes, answer.body["status_message"]) == ((200, 2000), said)
    assert listed(emsp) == [before]


def test_a_booking_keeps_the_terms_it_was_made_on(emsp, place, settings):
    body = wish(place, period=period(0.75))
    settings.BOOKING = replace(
        settings.BOOKING, change_before=30 * MINUTE, cancel_before=30 * MINUTE
    )
    send(emsp, body)
    settings.BOOKING = replace(
        settings.BOOKING, change_before=90 * MINUTE, cancel_before=90 * MINUTE
    )

    changed = send(emsp, {**body, "period": period(0.75, 2)})

    assert states(changed.data) == ("RESERVED", ["ACCEPTED", "ACCEPTED"])
    assert changed.data["booking_terms"]["change_until_minutes"] == 30


def test_a_request_id_books_one_place(emsp, place):
    body = wish(place)
    send(emsp, body)
    other = bookable()

    answer = send(emsp, {**wish(other), "request_id": body["request_id"]})

    assert answer.codes == (200, 2001)
    assert Reservation.objects.count() == 1


def test_not_when_it_is_closed(emsp, place):
    Location.objects.update(charging_when_closed=False, opening_times={"twentyfourseven": False})

    answer = send(emsp, wish(place))

    assert states(answer.data) == ("REJECTED", ["DECLINED"])
    assert answer.body["status_message"] == "This location is closed for part of that time."


def test_an_evse_that_is_strong_enough(emsp, place):
    strong = plug(place.location, max_amperage=63).evse

    booked = send(emsp, wish(place, power_required=40)).data
    too_much = send(emsp, wish(place, power_required=50)).data

    assert booked["booking_option"]["evse_uid"] == strong.uid
    assert states(too_much) == ("REJECTED", ["DECLINED"])


def test_a_certain_evse(emsp, place):
    for _ in range(2):
        plug(place.location)
    wanted = place.location.evses.order_by("pk")[1]
    more = {"booking_option": {"evse_uid": wanted.uid.lower()}}

    first, second = (send(emsp, wish(place, **more)) for _ in range(2))

    assert first.data["booking_option"]["evse_uid"] == wanted.uid
    assert states(second.data) == ("REJECTED", ["DECLINED"])
    assert "Another reservation" in second.body["status_message"]


def test_not_with_another_plug(emsp, place):
    fast = plug(place.location, standard=CCS, power_type="DC").evse

    answer = send(emsp, wish(place, booking_option={"evse_uid": fast.uid}))

    assert states(answer.data) == ("REJECTED", ["DECLINED"])


def test_a_token_that_its_issuer_has_blocked(emsp, place):
    roaming_token(uid="04AA", valid=False)

    answer = send(emsp, wish(place))

    assert states(answer.data) == ("REJECTED", ["DECLINED"])
    assert answer.body["status_message"] == "This token may not charge."
