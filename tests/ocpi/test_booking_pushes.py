"""What changes of bookings is told (OCPI 2.3.0 Bookings): owed with the change, to who takes it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Reservation
from booking.services import cancel_reservation
from ocpi.models import BookingLocation, Change, OwedPush, Partner
from ocpi.services import changes, partners
from ocpi.services.calendars import draw_up, note_due_calendars
from ocpi.services.changes import spread_changes
from ocpi.services.resync import owe_everything
from stations.models import Evse, Location
from stations.schemas import faults_in
from tests.factories.booking import ReservationFactory
from tests.factories.stations import ConnectorFactory
from tests.ocpi.booker import bookable, hours_from_now, period, send, states, wish
from tests.ocpi.emsp import Emsp, refused
from tests.ocpi.test_pushing import lines, settle


@pytest.fixture
def emsp(emsp):
    emsp.speaks, emsp.modules = "2.3.0", ["bookings"]
    return emsp


@pytest.fixture
def place(partner):
    return bookable()


def settled(partner):
    """What beat does, once. Triggers date changes by the database's clock."""
    return settle(partner, timezone.now() + timedelta(hours=1))


def url_of(place):
    return f"bookings/NL/EMA/booking_locations/{place.pk}"


def test_what_can_be_booked_is_put_and_then_its_calendar_patched(emsp, partner, place):
    settled(partner)
    ReservationFactory(evse=Evse.objects.get(), starts_at=hours_from_now(24))

    settled(partner)

    (put, patch), place = emsp.received, BookingLocation.objects.get()
    assert lines(emsp) == [("PUT", url_of(place)), ("PATCH", f"{url_of(place)}/{place.pk}")]
    assert faults_in("BookingLocation", put[2], "2.3.0") == []
    assert faults_in("Calendar", {"id": "1", **patch[2]}, "2.3.0") == []
    assert patch[2].keys() == {
        "begin_from", "end_before", "timeslot_increment", "available_timeslots", "last_updated"
    }  # fmt: skip
    assert len(patch[2]["available_timeslots"]) == 2
    assert settled(partner) is None


def test_what_is_as_before_is_not_told(emsp, partner, place):
    settled(partner)
    made = ReservationFactory(evse=Evse.objects.get(), starts_at=hours_from_now(24))
    cancel_reservation(reservation=made, by="CPO", now=timezone.now())

    settled(partner)

    assert len(emsp.received) == 1
    assert not OwedPush.objects.exclude(due_at=None).exists()


def test_a_calendar_that_goes_and_returns_is_told_whole(emsp, partner, place):
    settled(partner)
    for availability in ("Inoperative", "Operative"):
        Evse.objects.update(availability=availability)
        settled(partner)

    assert lines(emsp) == [("PUT", url_of(place))] * 3
    assert ["calendars" in body for _, _, body in emsp.received] == [True, False, True]


def test_a_partner_that_lacks_the_calendar_gets_all_of_it(emsp, partner, place):
    settled(partner)
    emsp.answers["PATCH", "bookings"] = refused(404, 2003)
    ReservationFactory(evse=Evse.objects.get(), starts_at=hours_from_now(24))

    settled(partner)

    assert [method for method, _ in lines(emsp)] == ["PUT", "PATCH", "PUT"]
    assert len(emsp.received[2][2]["calendars"][0]["available_timeslots"]) == 2


def test_at_midnight_the_new_day_is_told(emsp, partner, place):
    settled(partner)
    place.refresh_from_db()

    note_due_calendars(now=place.redraw_at)
    settle(partner, place.redraw_at)

    assert lines(emsp)[1:] == [("PATCH", f"{url_of(place)}/{place.pk}")]


def test_calendars_are_drawn_a_few_at_a_time_and_after_all_other_news(partner, monkeypatch):
    monkeypatch.setattr(changes, "MOST_DRAWN", 2)
    for _ in range(3):
        ConnectorFactory()
    now = timezone.now() + timedelta(hours=1)

    spread_changes(now=now)

    rest = Change.objects.values_list("subject", flat=True).distinct()
    assert list(rest) == ["bookable"]
    while spread_changes(now=now):
        pass
    assert (BookingLocation.objects.count(), Change.objects.count()) == (3, 0)


def test_a_day_of_many_calendars_is_drawn_in_as_many_statements_as_of_one(db):
    def statements(day):
        now = timezone.now() + timedelta(days=day)
        ids = list(Location.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as seen:
            draw_up(location_ids=ids, now=now)
        return len(ids), len(seen)

    bookable()
    one = statements(1)
    for _ in range(2):
        bookable()

    assert (one[0], statements(2)) == (1, (3, one[1]))


def test_a_booking_is_put_whole_whenever_it_changes(emsp, partner, place):
    body = wish(place)
    booked = send(emsp, body).data
    settled(partner)
    send(emsp, {**body, "period": period(30)})
    cancel_reservation(
        reservation=Reservation.objects.get(), by="CPO", now=timezone.now(), reason="FULL"
    )

    settled(partner)

    told = [(path, body) for method, path, body in emsp.received if "booking_locations" not in path]
    assert [path for path, _ in told] == [f"bookings/NL/EMA/{booked['id']}"] * 2
    assert [states(body) for _, body in told] == [
        ("RESERVED", ["ACCEPTED"]),
        ("CANCELED", ["ACCEPTED", "ACCEPTED"]),
    ]
    assert told[0][1] == booked
    assert [faults_in("Booking", body, "2.3.0") for _, body in told] == [[], []]


def test_after_an_outage_the_partner_knows_what_is(emsp, partner, place):
    body = wish(place)
    emsp.answers["PUT", "bookings"] = emsp.answers["PATCH", "bookings"] = refused(503, 3000)
    now = timezone.now() + timedelta(hours=1)
    send(emsp, body)
    settle(partner, now)
    for hours in (30, 40, 50):
        send(emsp, {**body, "period": period(hours)})
        settle(partner, now)
    assert emsp.received == []

    emsp.answers.clear()
    for minutes in (5, 10):
        settle(partner, now + timedelta(minutes=minutes))

    known = {path: body for _, path, body in emsp.received}
    (booking,) = emsp.ask("GET", emsp.endpoints["bookings"]).data
    (bookable_now,) = emsp.ask("GET", f"{emsp.endpoints['bookings']}/booking_locations").data
    assert known == {
        url_of(place): bookable_now,
        f"bookings/NL/EMA/{booking['id']}": booking,
    }
    assert len(emsp.received) == 2  # each once: what it was meanwhile is nobody's matter


def test_nobody_is_told_of_anothers_booking(emsp, partner, place, base):
    with Emsp(party="OTH", modules=["bookings"]) as other:
        other.speaks = "2.3.0"
        other.register(partners.invite(name="Other", party=("NL", "OTH"), now=timezone.now()))
        booked = send(emsp, wish(place)).data
        settled(partner)
        settled(Partner.objects.get(name="Other"))

        assert [path for _, path in lines(other)] == [url_of(place)]
    assert f"bookings/NL/EMA/{booked['id']}" in [path for _, path in lines(emsp)]


def test_who_does_not_take_the_module_is_owed_nothing_of_it(emsp, place, base):
    for name, party, version, modules in (
        ("Older", "OLD", "2.2.1", ["bookings"]),
        ("Plain", "PLN", "2.3.0", ["tariffs"]),
    ):
        with Emsp(party=party, modules=modules) as other:
            other.speaks = version
            other.register(partners.invite(name=name, party=("NL", party), now=timezone.now()))
    ReservationFactory(evse=Evse.objects.get(), starts_at=hours_from_now(24))
    settled(Partner.objects.get(name="Older"))

    of_bookings = OwedPush.objects.filter(module__in=["bookings", "booking_locations"])
    assert set(of_bookings.values_list("partner__name", flat=True)) == {"Roamer"}


@pytest.mark.parametrize("name", ["Booking", "booking", "Bookings"])
def test_whatever_the_partner_calls_the_module(emsp, invitation, name):
    emsp.modules = [name]
    emsp.register(invitation)
    partner, place = Partner.objects.get(), bookable()

    settled(partner)

    assert lines(emsp) == [("PUT", url_of(place).replace("bookings", name, 1))]


def test_who_comes_later_is_told_what_is(emsp, partner, place):
    send(emsp, wish(place))
    settled(partner)
    emsp.received.clear()

    owe_everything(partner=partner, now=timezone.now())
    settled(partner)

    (booking,) = emsp.ask("GET", emsp.endpoints["bookings"]).data
    assert sorted(lines(emsp)) == sorted(
        [("PUT", f"bookings/NL/EMA/{booking['id']}"), ("PUT", url_of(place))]
    )
