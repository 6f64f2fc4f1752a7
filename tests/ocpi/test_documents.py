"""What is kept of locations, and that nobody reads it when it is outdated (docs/adr/0017)."""

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from ocpi.domain import documents
from ocpi.models import EvseDocument, LocationDocument, Outdated
from ocpi.selectors import location_texts, locations
from ocpi.services.documents import ONE_AT_A_TIME, draw_documents
from stations.models import ChargingStation, Connector, Evse, Location, StationConnection
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
THEIRS = {("NL", "RMR")}


def read():
    return [json.loads(text) for text in location_texts(locations(NOON), THEIRS, NOON)]


def from_rows():
    """The same when nothing is kept."""
    with transaction.atomic():
        for kept in (LocationDocument, EvseDocument):
            kept.objects.all().delete()
        found = read()
        transaction.set_rollback(True)
    return found


@pytest.fixture
def evse(db):
    connector = ConnectorFactory()
    StationConnection.objects.update(connected_at=NOON, subprotocol="ocpp1.6")
    draw_documents()
    return connector.evse


def other(field, value):
    """Another value that the column takes."""
    if field.choices:
        return next(key for key, _ in field.choices if key != value)
    if isinstance(field, models.JSONField):
        return [] if isinstance(value, dict) else {"changed": True}
    others = {
        models.DateTimeField: NOON,
        models.BooleanField: not value,
        models.DecimalField: Decimal("1.5"),
        models.IntegerField: 7,
        models.CharField: "XX",
        ArrayField: ["XX"],
    }
    return next(new for kind, new in others.items() if isinstance(field, kind))


@pytest.mark.parametrize("model", [Location, Evse, Connector])
def test_whatever_column_changes_it_is_read_at_once(evse, model):
    for field in model._meta.concrete_fields:
        if field.primary_key or field.is_relation or field.name == "number":
            continue
        row = model.objects.get()
        model.objects.update(**{field.attname: other(field, getattr(row, field.attname))})

        assert read() == from_rows(), field.name

        draw_documents()
        assert (read(), Outdated.objects.count()) == (from_rows(), 0), field.name


def test_parts_that_come_move_and_go_are_read_at_once(evse):
    elsewhere = EvseFactory(station=evse.station, location=LocationFactory())
    for change in (
        lambda: ConnectorFactory(evse=evse, ocpi_id="2"),
        lambda: Connector.objects.filter(ocpi_id="2").update(evse=elsewhere),
        lambda: Evse.objects.filter(pk=elsewhere.pk).update(location=evse.location),
        lambda: Connector.objects.filter(ocpi_id="2").delete(),
        lambda: Evse.objects.filter(pk=evse.pk).update(station=None, number=None),
    ):
        change()

        assert read() == from_rows()

        draw_documents()
        assert read() == from_rows()


def test_what_a_station_says_of_profiles_is_read_at_once(evse):
    said = {"SupportedFeatureProfiles": {"value": "Core,SmartCharging"}}
    ChargingStation.objects.update(configuration=said)

    assert read() == from_rows()
    assert read()[0]["evses"][0]["capabilities"] == ["CHARGING_PROFILE_CAPABLE"]

    draw_documents()
    StationConnection.objects.update(subprotocol="ocpp0.9")
    assert read() == from_rows()
    assert "capabilities" not in read()[0]["evses"][0]


def test_a_status_outdates_nothing(evse):
    Location.objects.update(last_updated=NOON)
    Evse.objects.update(status="Charging", last_updated=NOON + timedelta(hours=1))

    [location] = read()

    assert (location["evses"][0]["status"], location["last_updated"]) == (
        "CHARGING", "2026-06-01T13:00:00Z"
    )  # fmt: skip
    assert not Outdated.objects.exists()


def test_a_change_that_is_rolled_back_leaves_nothing(evse):
    before = read()
    with transaction.atomic():
        Location.objects.update(city="Gouda")
        transaction.set_rollback(True)

    assert (read(), Outdated.objects.count()) == (before, 0)


def test_texts_of_another_form_are_not_read_and_are_drawn_anew(evse):
    found = read()
    LocationDocument.objects.update(form=documents.FORM - 1, text="{")
    EvseDocument.objects.update(form=documents.FORM - 1, text="{")

    assert read() == found

    assert draw_documents() == 2
    assert (LocationDocument.objects.get().form, read()) == (documents.FORM, found)
    assert draw_documents() == 0


def test_another_form_has_another_number():
    """Who changes these texts raises FORM, so that what is kept is drawn anew."""
    location = LocationFactory.build(ocpi_id="L", name="Site")
    evse, connector = Evse(uid="E", physical_reference="1"), Connector(
        ocpi_id="1", standard="CHADEMO", format="CABLE", power_type="DC", max_voltage=400,
        max_amperage=125, last_updated=NOON,
    )  # fmt: skip

    texts = [
        documents.location_text(location.__dict__),
        documents.evse_text(evse.__dict__, takes_profiles=True),
        documents.connector_text(connector.__dict__),
    ]
    assert (documents.FORM, sha256("".join(texts).encode()).hexdigest()[:16]) == (
        1,
        "9eb075e172a60ac3",
    )


@pytest.mark.parametrize("drawn", [True, False])
def test_fifty_locations_cost_as_many_queries_as_one(db, drawn):
    def queries():
        if drawn:
            draw_documents()
        with CaptureQueriesContext(connection) as seen:
            found = read()
        return len(found), len(seen)

    ConnectorFactory()
    one = queries()
    for _ in range(49):
        ConnectorFactory()

    assert (one[0], queries()) == (1, (50, one[1]))


def in_thread(work):
    """Run beside, over a connection of its own."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_a_drawing_that_missed_a_change_is_not_read():
    ConnectorFactory()
    changed, drawn = threading.Event(), threading.Event()

    def change():
        with transaction.atomic():
            Location.objects.update(city="Gouda")
            changed.set()
            drawn.wait(20)

    writer = in_thread(change)
    changed.wait(20)
    draw_documents()
    before = read()[0]["city"]
    drawn.set()
    writer.join(20)

    assert (before, read()[0]["city"]) == ("Delft", "Gouda")
    draw_documents()
    assert (read()[0]["city"], Outdated.objects.count()) == ("Gouda", 0)


@pytest.mark.django_db(transaction=True)
def test_one_draws_at_a_time():
    ConnectorFactory()
    draws, done = threading.Event(), threading.Event()

    def draw():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME)
            draws.set()
            done.wait(20)

    other_one = in_thread(draw)
    draws.wait(20)
    assert draw_documents() == 0
    done.set()
    other_one.join(20)
    assert draw_documents() == 2


@pytest.mark.django_db(transaction=True)
def test_no_text_is_older_than_its_last_updated():
    """Writers, drawers and a reader at once. Each change writes its number into the texts of
    location, EVSE and connector and the same number of seconds into their `last_updated`."""
    connector, changes, stop = ConnectorFactory(max_amperage=0), 60, threading.Event()
    Evse.objects.update(physical_reference="0", last_updated=NOON)

    def write():
        for number in range(1, changes + 1):
            at = NOON + timedelta(seconds=number)
            with transaction.atomic():
                Location.objects.update(name=str(number), last_updated=at)
                Evse.objects.update(physical_reference=str(number), last_updated=at)
                Connector.objects.filter(pk=connector.pk).update(max_amperage=number)
        stop.set()

    def draw():
        while not stop.is_set():
            draw_documents()

    threads = [in_thread(write), in_thread(draw), in_thread(draw)]
    seen = set()
    while not stop.is_set():
        [location] = read()
        [evse] = location["evses"]
        said = int(evse["physical_reference"])
        seen.add(said)
        assert evse["last_updated"] <= f"{NOON + timedelta(seconds=said):%Y-%m-%dT%H:%M:%SZ}"
        assert evse["connectors"][0]["max_amperage"] >= said
    for thread in threads:
        thread.join(20)

    draw_documents()
    assert (read(), Outdated.objects.count()) == (from_rows(), 0)
    assert read()[0]["name"] == str(changes)
    assert len(seen) > 1
