"""What becomes of a booking of an eMSP (OCPI 2.3.0 Bookings), and who sees it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Cdr, ChargingSession, Reservation, Token
from booking.services import (
    cancel_reservation,
    end_reservations,
    settle_hold,
    start_transactions,
    stop_transactions,
)
from ocpi.selectors import audience_of, bookings
from ocpi.services import partners
from ocpi.v230 import mapping
from stations.models import Evse, Location, StationCommand
from stations.schemas import faults_in
from tests.factories.booking import start_of, stop_of
from tests.factories.ocpi import roaming_token
from tests.ocpi.booker import (
    HOUR,
    MINUTE,
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
    written,
)
from tests.ocpi.emsp import Emsp
from tests.ocpi.test_lists import online

OK, MADE = (200, 1000), (201, 1000)


@pytest.fixture
def emsp(emsp):
    emsp.speaks = "2.3.0"
    return emsp


@pytest.fixture
def place(endpoints):
    """What can be booked: one EVSE; the eMSP is registered."""
    return bookable()


def test_what_its_issuer_tells_of_a_token_counts_whenever_it_does(emsp, place):
    send(emsp, wish(place))

    answer = emsp.ask(
        "PUT",
        f"{emsp.endpoints['tokens']}/NL/RMR/04AA",
        {**token(), "issuer": "Roamer", "valid": False, "whitelist": "ALWAYS",
         "last_updated": "2001-01-01T00:00:00Z"},
    )  # fmt: skip

    assert answer.codes == OK
    assert Token.objects.get().valid is False


def test_any_of_its_tokens_uses_it_and_session_and_cdr_bear_its_reference(emsp, place):
    body = wish(place, tokens=[token("04AA"), token("04BB")], period=period(2))
    send(emsp, body)
    evse, begin = Evse.objects.get(), hours_from_now(2)

    start = start_of(evse, id_token="04BB", started_at=begin + MINUTE)
    (started,) = start_transactions(facts=[start], now=begin + MINUTE)
    stop = stop_of(evse, started.reference, stopped_at=begin + HOUR)
    stop_transactions(facts=[stop], now=begin + HOUR)

    (told,) = listed(emsp)
    session, cdr = ChargingSession.objects.get(), Cdr.objects.get()
    assert states(told) == ("FULFILLED", ["ACCEPTED"])
    assert session.authorization_reference == "AUTH-1"
    assert cdr.body["authorization_reference"] == "AUTH-1"
    assert cdr.body["cdr_token"]["uid"] == "04BB"


def test_others_are_kept_out(emsp, place):
    send(emsp, wish(place, period=period(2)))
    begin = hours_from_now(2)
    roaming_token(uid="04CC")

    start = start_of(Evse.objects.get(), id_token="04CC", started_at=begin + MINUTE)
    (started,) = start_transactions(facts=[start], now=begin + MINUTE)

    assert started.authorization.status == "Blocked"
    assert listed(emsp)[0]["reservation_status"] == "RESERVED"


def test_nobody_came(emsp, place):
    online(Evse.objects.get().station)
    send(emsp, wish(place, period=period(2)))

    end_reservations(now=hours_from_now(3))

    assert states(listed(emsp)[0]) == ("NO_SHOW", ["ACCEPTED"])


@pytest.mark.parametrize(
    ("reason", "told"), [("BROKEN_CHARGER", "BROKEN_CHARGER"), ("we are sorry", "UNKNOWN")]
)
def test_the_cpo_cancels(emsp, place, reason, told):
    send(emsp, wish(place))

    cancel_reservation(
        reservation=Reservation.objects.get(), by="CPO", now=timezone.now(), reason=reason
    )

    (found,) = listed(emsp)
    assert states(found) == ("CANCELED", ["ACCEPTED"])
    assert found["canceled"] == {"cancellation_reason": told, "who_canceled": "SENDER"}
    assert faults_in("Booking", found, "2.3.0") == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Accepted", ("RESERVED", ["ACCEPTED"])),
        ("Occupied", ("REJECTED", ["DECLINED"])),
    ],
)
def test_from_now_on_the_station_has_a_say(emsp, place, answer, expected):
    online(Evse.objects.get().station)
    asked = send(emsp, wish(place, period=period(0)))
    assert states(asked.data) == ("PENDING", ["PENDING"])

    command = StationCommand.objects.get()
    command.status, command.response = "accepted", {"status": answer}
    command.settled_at = timezone.now()
    command.save()
    settle_hold(command_id=command.pk, now=timezone.now())

    assert states(listed(emsp)[0]) == expected


def test_one_partner_neither_sees_nor_touches_what_another_booked(emsp, place, base):
    body = wish(place)
    send(emsp, body)
    with Emsp(party="OTH") as other:
        other.speaks = "2.3.0"
        other.register(partners.invite(name="Other", party=("NL", "OTH"), now=timezone.now()))

        stolen = send(other, canceled(body))
        own_name = send(other, canceled({**body, "party_id": "OTH", "tokens": []}))
        same_id = send(
            other,
            {**body, "party_id": "OTH", "tokens": [token(party_id="OTH")], "period": period(40)},
        )

        assert (stolen.codes, own_name.codes) == ((200, 2001), (200, 2001))
        assert same_id.codes == MADE
        assert [one["id"] for one in listed(other)] == [same_id.data["id"]]
    assert [one["reservation_status"] for one in listed(emsp)] == ["RESERVED"]
    assert listed(emsp)[0]["request_id"] == body["request_id"]


def test_only_at_the_party_that_is_asked(emsp, place):
    plug()
    Location.objects.exclude(pk=place.location_id).update(party_id="OTH")
    to_other = {"OCPI-to-country-code": "NL", "OCPI-to-party-id": "OTH"}

    assert send(emsp, wish(place), **to_other).codes == (200, 2003)
    assert send(emsp, wish(place)).codes == MADE
    assert emsp.ask("GET", emsp.endpoints["bookings"], **to_other).data == []


def test_a_booking_can_change_so_often_and_no_more(emsp, place, monkeypatch):
    monkeypatch.setattr("ocpi.services.bookings.MOST_REQUESTS", 2)
    body = wish(place)
    codes = [send(emsp, {**body, "period": period(24 + n)}).codes for n in range(3)]

    assert codes == [MADE, OK, (200, 2001)]


def test_the_list_is_paged_and_filtered(emsp, place):
    for hours in (24, 48, 72):
        send(emsp, wish(place, period=period(hours)))
    url = emsp.endpoints["bookings"]

    page = emsp.ask("GET", f"{url}?limit=2")

    assert (len(page.data), page.headers["X-Total-Count"]) == (2, "3")
    assert "offset=2" in page.headers["Link"]
    for query, found in (
        (f"date_from={written(hours_from_now(1))}", 0),
        (f"date_to={written(hours_from_now(1))}", 3),
    ):
        assert len(emsp.ask("GET", f"{url}?{query}").data) == found
    assert emsp.ask("GET", f"{url}?limit=x").codes == (200, 2001)
    assert emsp.ask("PUT", url, {}).codes == (405, 2000)


def test_a_reservation_that_changes_makes_its_booking_new(emsp, place):
    send(emsp, wish(place))
    Reservation.objects.update(last_updated=timezone.now() + 2 * HOUR)

    found = emsp.ask("GET", f"{emsp.endpoints['bookings']}?date_from={written(hours_from_now(1))}")

    assert len(found.data) == 1


def test_the_list_costs_as_many_queries_for_many(emsp, place):
    def queries():
        audience = audience_of({("NL", "RMR")})
        with CaptureQueriesContext(connection) as asked:
            [mapping.booking_object(row, audience) for row in bookings()]
        return len(asked)

    send(emsp, wish(place))
    one = queries()
    for hours in (48, 72):
        send(emsp, wish(place, period=period(hours)))

    assert queries() == one
