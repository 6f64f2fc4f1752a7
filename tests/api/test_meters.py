"""Meters of sites over REST, and readings that are sent."""

from datetime import UTC, datetime, timedelta

import pytest

from energy.models import EnergyReading, SiteMeter
from tests.api.conftest import problem_of
from tests.factories.energy import SupplySourceFactory
from tests.factories.stations import StationFactory

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
BODY = {"location_id": "LOC1", "name": "Main", "role": "SITE", "driver": "upload"}
WILD = [None, True, -1, 2**64, 1e300, "", "x" * 5000, "NaN", "\u202e", [], {"a": 1}]


def at(minutes):
    return (NOW - timedelta(hours=2) + timedelta(minutes=minutes)).isoformat()


def reading(minutes, in_kwh, out_kwh=0):
    return {"at": at(minutes), "in_kwh": in_kwh, "out_kwh": out_kwh}


@pytest.fixture
def meter(place):
    return SiteMeter.objects.create(location=place, name="Main", role="SITE", driver="upload")


def test_a_meter_is_added_changed_and_removed(admin, place):
    source = SupplySourceFactory(location=place)

    made = admin.post("meters", BODY)
    where = f"meters/{made.json()['id']}"
    changed = admin.patch(where, {"role": "SUPPLY", "source_id": source.pk})
    listed = admin.get("meters?location_id=LOC1").json()["results"]
    gone = admin.delete(where)

    assert (made.status_code, gone.status_code) == (201, 204)
    assert made.json() == made.json() | BODY | {"source_id": None, "power_kw": None, "fault": ""}
    assert (changed.json()["source_id"], listed) == (source.pk, [changed.json()])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"role": "SUPPLY"}, "meter_invalid"),
        ({"driver": "sunspec"}, "meter_invalid"),
        ({"driver": "sunspec", "host": "192.168.1.9"}, "egress_refused"),
        ({"role": "GAS"}, "invalid"),
        ({"source_id": 0}, "invalid"),
    ],
)
def test_a_meter_that_cannot_be_is_refused(admin, place, more, code):
    assert problem_of(admin.post("meters", BODY | more)) == (400, code)
    assert not SiteMeter.objects.exists()


def test_a_source_of_another_location_is_refused(admin, place):
    source = SupplySourceFactory()

    answer = admin.post("meters", BODY | {"role": "SUPPLY", "source_id": source.pk})

    assert problem_of(answer) == (400, "meter_invalid")


def test_readings_are_stored_once_and_show_the_power(operator, meter):
    sent = {"readings": [reading(0, 100), reading(15, 103, 1)]}

    answers = [operator.post(f"meters/{meter.pk}/readings", sent).json() for _ in range(2)]

    meter.refresh_from_db()
    rows = EnergyReading.objects.order_by("at").values_list("in_kwh", "out_kwh")
    assert answers == [{"stored": 2}, {"stored": 0}]
    assert list(rows) == [(100, 0), (103, 1)]
    assert (meter.power_kw, meter.read_at.isoformat()) == (8.0, at(15))


@pytest.mark.parametrize(
    ("readings", "fault"),
    [
        ([reading(15, 1), reading(0, 2)], "1.at: must be later than the one before"),
        ([reading(0, -1)], "0.in_kwh: must be from 0 to 1e+12"),
        ([reading(0, 1e14)], "0.in_kwh: must be from 0 to 1e+12"),
        ([reading(300, 1)], "0.at: lies in the future"),
        ([reading(1, 6)], "0.at: another reading of this moment is known"),
    ],
)
def test_readings_that_cannot_be_are_refused_and_none_is_stored(operator, meter, readings, fault):
    operator.post(f"meters/{meter.pk}/readings", {"readings": [reading(1, 5)]})

    answer = operator.post(f"meters/{meter.pk}/readings", {"readings": readings})

    assert problem_of(answer) == (400, "bad_readings")
    assert answer.json()["errors"] == [fault]
    assert EnergyReading.objects.count() == 1


def test_nobody_sends_what_we_read_ourselves(operator, place):
    meter = SiteMeter.objects.create(location=place, name="Main", role="SITE", host="127.0.0.1")

    answer = operator.post(f"meters/{meter.pk}/readings", {"readings": [reading(1, 5)]})

    assert problem_of(answer) == (409, "readings_not_sent")


def test_a_meter_with_readings_is_not_removed(admin, meter):
    admin.post(f"meters/{meter.pk}/readings", {"readings": [reading(1, 5)]})

    assert problem_of(admin.delete(f"meters/{meter.pk}")) == (409, "meter_has_history")


@pytest.mark.parametrize("wild", WILD, ids=lambda value: repr(value)[:24])
def test_a_wild_value_in_any_field_never_ends_in_a_500(admin, meter, wild):
    for name in admin.get(f"meters/{meter.pk}").json():
        for answer in (
            admin.patch(f"meters/{meter.pk}", {name: wild}),
            admin.post("meters", BODY | {"name": "Other", name: wild}),
        ):
            if answer.status_code >= 300:
                assert problem_of(answer)[0] in {400, 409}, name
    for name in ("at", "in_kwh", "out_kwh"):
        sent = {"readings": [reading(1, 5) | {name: wild}]}
        answer = admin.post(f"meters/{meter.pk}/readings", sent)
        if answer.status_code >= 300:
            assert problem_of(answer)[0] in {400, 409}, name


def test_a_stations_main_meter_is_a_sites_meter_once_and_at_its_own_location(admin, place):
    station, other = StationFactory(location=place), StationFactory()
    over = BODY | {"driver": "ocpp"}

    made = admin.post("meters", over | {"station": station.identity})

    assert (made.status_code, made.json()["station"]) == (201, station.identity)
    for body, answer in (
        (over | {"station": station.identity, "name": "Again"}, (409, "meter_exists")),
        (over | {"station": other.identity, "name": "Far"}, (400, "meter_invalid")),
        (over | {"name": "Without"}, (400, "meter_invalid")),
        (BODY | {"name": "Both", "station": other.identity}, (400, "meter_invalid")),
        (over | {"name": "Absent", "station": "NONE"}, (400, "invalid")),
    ):
        assert problem_of(admin.post("meters", body)) == answer
    assert SiteMeter.objects.count() == 1
