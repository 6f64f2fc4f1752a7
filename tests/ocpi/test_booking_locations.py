"""What eMSPs are told can be booked (OCPI 2.3.0 Bookings)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Reservation
from ocpi.models import BookingLocation, Change
from ocpi.selectors import audience_of, booking_locations
from ocpi.services.calendars import draw_up, note_due_calendars
from ocpi.v230 import mapping
from stations.models import Connector, Evse, Location
from stations.schemas import faults_in
from tariffs.models import TariffAssignment
from tariffs.services import save_tariff
from tests.factories.booking import ReservationFactory
from tests.factories.stations import LocationFactory
from tests.factories.tariffs import TariffFactory, body_of_tariff
from tests.ocpi.booker import CCS, TYPE_2, drawn, plug
from tests.ocpi.test_lists import following

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def emsp(emsp):
    emsp.speaks = "2.3.0"
    return emsp


@pytest.fixture
def url(endpoints):
    return f"{endpoints['bookings']}/booking_locations"


def midnight(days=0):
    """Of Amsterdam, some days from today."""
    local = timezone.now().astimezone(ZoneInfo("Europe/Amsterdam"))
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + days * DAY


def written(instant):
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def test_version_details_offer_the_module(base, emsp, endpoints):
    assert endpoints["bookings"] == f"{base}/ocpi/cpo/2.3.0/bookings"


def test_its_name_can_be_another(emsp, invitation, settings):
    settings.OCPI = replace(settings.OCPI, bookings_module="Booking")

    endpoints = emsp.discover(invitation.versions_url, invitation.token_a)

    assert endpoints["Booking"].endswith("/ocpi/cpo/2.3.0/bookings")
    assert "bookings" not in endpoints


def test_2_2_1_does_not_know_it(emsp, invitation):
    emsp.speaks = "2.2.1"

    assert "bookings" not in emsp.discover(invitation.versions_url, invitation.token_a)


def test_one_for_each_standard_of_connector_at_a_location(emsp, url):
    location = plug().evse.location
    plug(location, max_amperage=16)
    fast = plug(location, standard=CCS, format="CABLE", power_type="DC", max_electric_power=50_000)
    TariffAssignment.objects.create(tariff=TariffFactory(ocpi_id="DC"), connector=fast)
    drawn()

    found = emsp.ask("GET", url).data

    assert [faults_in("BookingLocation", body, "2.3.0") for body in found] == [[], []]
    ccs, ac = sorted(
        found, key=lambda body: body["booking_option"]["connector_types"], reverse=True
    )
    row = BookingLocation.objects.get(connector_standard=CCS)
    assert ac["booking_option"]["connector_types"] == [TYPE_2]
    assert ac["calendars"][0]["available_timeslots"][0]["max_power"] == 22_080  # the stronger one
    assert ccs == {
        "country_code": "NL",
        "party_id": "EMA",
        "id": str(row.pk),
        "location_id": location.ocpi_id,
        "booking_option": {
            "connector_types": [CCS],
            "connector_format": ["CABLE"],
            "power_types": ["DC"],
        },
        "policy": {"reservation_required": False},
        "tariff_ids": ["DC"],
        "booking_terms": {
            "rfid_auth_required": False,
            "token_groups_supported": True,
            "remote_auth_supported": True,
            "supported_access_methods": ["OPEN"],
            "change_until_minutes": 60,
            "cancel_until_minutes": 60,
            "change_not_allowed": False,
            "early_start_allowed": True,
            "early_start_time": 15,
            "noshow_timeout": 30,
            "noshow_fee": False,
            "late_stop_allowed": True,
            "overlapping_bookings_allowed": True,
            "min_booking_duration": 15,
            "max_booking_duration": 1440,
        },
        "calendars": [
            {
                "id": str(row.pk),
                "begin_from": written(midnight()),
                "end_before": written(midnight(60)),
                "timeslot_increment": 1,
                "available_timeslots": [
                    {
                        "start_date_time": written(midnight()),
                        "end_date_time": written(midnight(60)),
                        "max_power": 50_000,
                    }
                ],
                "last_updated": mapping.written(row.calendar_updated_at),
            }
        ],
        "last_updated": mapping.written(row.last_updated),
    }


def test_one_and_its_calendar(emsp, url):
    plug()
    drawn()
    (listed,) = emsp.ask("GET", url).data

    one = emsp.ask("GET", f"{url}/{listed['id'].upper()}/")
    calendar = emsp.ask("GET", f"{url}/{listed['id']}/{listed['calendars'][0]['id']}")

    assert (one.codes, one.data) == ((200, 1000), listed)
    assert (calendar.codes, [calendar.data]) == ((200, 1000), listed["calendars"])
    assert faults_in("Calendar", calendar.data, "2.3.0") == []
    for unknown in ("nothing", uuid4(), f"{listed['id']}/nothing", f"{listed['id']}/{uuid4()}"):
        assert emsp.ask("GET", f"{url}/{unknown}").codes == (404, 2001)


def slots(row):
    row.refresh_from_db()
    return [(slot.lower, slot.upper) for slot in row.free]


def change(**fields):
    return lambda evse: Evse.objects.filter(pk=evse.pk).update(**fields)


def close(evse):
    Location.objects.update(charging_when_closed=False, opening_times={"twentyfourseven": False})


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)
LAST = MIDNIGHT + 60 * DAY


@pytest.mark.parametrize(
    ("happens", "free"),
    [
        (lambda evse: ReservationFactory(evse=evse), [(MIDNIGHT, NOON + 2 * HOUR), (NOON + 3 * HOUR, LAST)]),
        (change(availability="Inoperative"), []),
        (change(availability="Inoperative", available_again_at=NOON), [(NOON, LAST)]),
        (change(removed_at=NOON), []),
        (change(station=None, number=None), []),
        (close, []),
        (lambda evse: Connector.objects.all().delete(), []),
    ],
)  # fmt: skip
def test_what_changes_a_calendar(db, happens, free):
    evse = plug().evse
    drawn(NOON + 1000 * DAY)
    draw_up(location_ids=[evse.location_id], now=NOON)
    row = BookingLocation.objects.get()
    assert slots(row) == [(MIDNIGHT, LAST)]

    happens(evse)
    assert Change.objects.filter(subject="bookable", object_id=str(evse.location_id)).exists()
    draw_up(location_ids=[evse.location_id], now=NOON + HOUR)

    assert slots(row) == free
    assert (row.calendar_updated_at, row.last_updated) == (NOON + HOUR, NOON + HOUR)


def test_hours_that_cannot_be_read_hold_up_nobody_else(db):
    bad, good = plug().evse.location, plug().evse.location
    hours = {"regular_hours": [{"weekday": 1, "period_begin": "soon", "period_end": "later"}]}
    Location.objects.filter(pk=bad.pk).update(charging_when_closed=False, opening_times=hours)

    drawn()

    rows = {row.location: bool(row.free) for row in BookingLocation.objects.all()}
    assert rows == {bad: False, good: True}
    assert [row.location for row in booking_locations().exclude(content={})] == [good]
    assert not Change.objects.exists()


def test_what_is_as_it_was_stays_as_new_as_it_was(db):
    evse = plug().evse
    draw_up(location_ids=[evse.location_id], now=NOON)
    Change.objects.all().delete()

    Evse.objects.update(status="Charging", last_updated=NOON)
    assert not Change.objects.filter(subject="bookable").exists()
    draw_up(location_ids=[evse.location_id], now=NOON + HOUR)

    row = BookingLocation.objects.get()
    assert (row.calendar_updated_at, row.last_updated) == (NOON, NOON)


def test_at_midnight_of_the_place_a_day_goes_and_another_comes(db):
    evse = plug().evse
    draw_up(location_ids=[evse.location_id], now=NOON)
    Change.objects.all().delete()
    assert note_due_calendars(now=MIDNIGHT + DAY - HOUR) == 0

    assert note_due_calendars(now=MIDNIGHT + DAY) == 1
    drawn(MIDNIGHT + DAY)

    assert slots(BookingLocation.objects.get()) == [(MIDNIGHT + DAY, LAST + DAY)]
    assert note_due_calendars(now=MIDNIGHT + DAY) == 0


def test_another_tariff_makes_it_new_but_not_its_calendar(db):
    evse = plug().evse
    draw_up(location_ids=[evse.location_id], now=NOON)
    Change.objects.all().delete()

    TariffAssignment.objects.create(tariff=TariffFactory(), location=evse.location)
    assert Change.objects.filter(subject="bookable", object_id=str(evse.location_id)).exists()
    draw_up(location_ids=[evse.location_id], now=NOON + HOUR)

    row = BookingLocation.objects.get()
    assert (row.calendar_updated_at, row.last_updated) == (NOON, NOON + HOUR)


@pytest.mark.parametrize(
    ("elements", "fee"),
    [
        ([], False),
        ([("RESERVATION", 0)], False),
        ([("RESERVATION", 2)], True),
        ([("RESERVATION_EXPIRES", 0), ("RESERVATION", 2)], False),
        ([("RESERVATION", 0), ("RESERVATION_EXPIRES", 2)], True),
    ],
)
def test_whether_who_does_not_come_pays_is_told_as_the_tariff_says_it(db, elements, fee):
    evse = plug().evse
    TariffAssignment.objects.create(tariff=TariffFactory(ocpi_id="T"), evse=evse)
    drawn()
    before = BookingLocation.objects.get().content["booking_terms"]["noshow_fee"]
    said = [
        {
            "price_components": [{"type": "FLAT", "price": price, "step_size": 1}],
            "restrictions": {"reservation": kind},
        }
        for kind, price in elements
    ]
    body = body_of_tariff("T", 0.5)
    save_tariff(body={**body, "elements": [*said, *body["elements"]]}, now=timezone.now())

    drawn()

    assert (before, BookingLocation.objects.get().content["booking_terms"]["noshow_fee"]) == (
        False, fee
    )  # fmt: skip


def test_one_that_nobody_can_book_has_no_calendar(emsp, url):
    Evse.objects.filter(pk=plug().evse.pk).update(availability="Inoperative")
    drawn()

    (found,) = emsp.ask("GET", url).data

    assert "calendars" not in found
    assert faults_in("BookingLocation", found, "2.3.0") == []
    assert emsp.ask("GET", f"{url}/{found['id']}/{found['id']}").codes == (404, 2001)


def test_pages_and_filters(emsp, url):
    for _ in range(3):
        plug()
    drawn()
    busy = Evse.objects.order_by("pk").last()
    tomorrow = midnight(1)
    ReservationFactory(
        evse=busy, starts_at=tomorrow + 10 * HOUR, ends_at=tomorrow + 12 * HOUR,
        keep_until=tomorrow + 11 * HOUR,
    )  # fmt: skip
    drawn()

    def count(**query):
        asked = "&".join(f"{name}={written(value)}" for name, value in query.items())
        return len(emsp.ask("GET", f"{url}?{asked}").data)

    assert [len(page) for page in following(emsp, f"{url}?limit=2")] == [2, 1]
    assert count(timeslot_from=tomorrow + 10 * HOUR, timeslot_to=tomorrow + 12 * HOUR) == 2
    assert count(timeslot_from=tomorrow + 10 * HOUR, timeslot_to=tomorrow + 13 * HOUR) == 3
    assert count(timeslot_from=midnight(60)) == 0
    assert count(timeslot_to=midnight()) == 0
    assert count(timeslot_from=tomorrow, timeslot_to=tomorrow) == 0
    assert count(date_from=timezone.now() + 2 * HOUR) == 0
    assert count(date_to=timezone.now() + 2 * HOUR) == 3
    for bad in ("timeslot_from=soon", "timeslot_to=", "limit=0", "date_from=1"):
        assert emsp.ask("GET", f"{url}?{bad}").codes == (200, 2001)


def test_the_list_costs_as_many_queries_for_many(db):
    def queries():
        audience = audience_of({("NL", "RMR")})
        with CaptureQueriesContext(
            connection,
        ) as asked:
            [mapping.booking_location_object(row, audience) for row in booking_locations()]
        return len(asked)

    plug()
    drawn()
    one = queries()
    for _ in range(4):
        plug()
    drawn()

    assert queries() == one


def test_only_the_party_that_is_asked_for(emsp, url):
    plug()
    plug(LocationFactory(party_id="OTH"))
    drawn()
    to = {"OCPI-to-country-code": "NL", "OCPI-to-party-id": "OTH"}

    assert [body["party_id"] for body in emsp.ask("GET", url, **to).data] == ["OTH"]
    assert emsp.ask("GET", url, token="nobody").codes == (401, 2000)
    assert Reservation.objects.count() == 0
