"""Meters of a location's site in the portal."""

import pytest
from django.urls import reverse

from energy.models import EnergyReading, SiteMeter
from tests.factories.energy import NOON, SupplySourceFactory
from tests.factories.stations import LocationFactory, StationFactory

UPLOAD = {"name": "Main", "role": "SITE", "driver": "upload", "port": "502", "unit_id": "1"}


@pytest.fixture
def place(db):
    return LocationFactory(ocpi_id="LOC1")


def page(client):
    return client.get(reverse("energy", args=["LOC1"])).content.decode()


def test_a_meter_is_added_changed_and_removed(administrator, place):
    source = SupplySourceFactory(location=place, name="North feeder")
    station = StationFactory(location=place, identity="CP1")
    empty, add = page(administrator), reverse("site-meter-add", args=["LOC1"])

    added = administrator.post(add, UPLOAD)
    meter = SiteMeter.objects.get()
    where = reverse("site-meter-edit", args=["LOC1", meter.pk])
    over = {"role": "SUPPLY", "source": source.pk, "driver": "ocpp", "station": station.pk}
    changed = administrator.post(where, UPLOAD | over)

    meter.refresh_from_db()
    shown = page(administrator)
    assert "No meter: what comes from the grid is estimated" in empty
    assert [added.status_code, changed.status_code] == [302, 302]
    assert (meter.role, meter.source, meter.station) == ("SUPPLY", source, station)
    assert "over OCPP (CP1)" in shown
    administrator.post(reverse("site-meter-remove", args=["LOC1", meter.pk]))
    assert not SiteMeter.objects.exists()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"role": "SUPPLY"}, "A meter of a supply, and only that, has its source."),
        ({"driver": "ocpp"}, "A meter over OCPP, and only that, has its station."),
        ({"driver": "sunspec"}, "A device on Modbus has a host."),
        ({"driver": "sunspec", "host": "192.168.1.9"}, "192.168.1.9"),
        ({"role": "GAS"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
        ({"port": "99999"}, "out of range"),
    ],
)
def test_a_meter_that_cannot_be_is_a_form_error(administrator, place, fields, fault):
    answer = administrator.post(reverse("site-meter-add", args=["LOC1"]), UPLOAD | fields)

    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert not SiteMeter.objects.exists()


def test_sources_stations_and_meters_of_other_locations_are_out_of_reach(administrator, place):
    source, station = SupplySourceFactory(), StationFactory()
    foreign = SiteMeter.objects.create(
        location=source.location, name="M", role="SITE", driver="upload"
    )
    add = reverse("site-meter-add", args=["LOC1"])
    wishes = [{"role": "SUPPLY", "source": source.pk}, {"driver": "ocpp", "station": station.pk}]

    answers = [administrator.post(add, UPLOAD | wish) for wish in wishes]
    answers += [
        administrator.post(reverse(name, args=["LOC1", foreign.pk]), UPLOAD)
        for name in ("site-meter-edit", "site-meter-remove")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 404]
    assert list(SiteMeter.objects.all()) == [foreign]


def test_a_meter_with_readings_stays(administrator, place):
    meter = SiteMeter.objects.create(location=place, name="M", role="SITE", driver="upload")
    EnergyReading.objects.create(meter=meter, at=NOON, in_kwh=1)

    answer = administrator.post(reverse("site-meter-remove", args=["LOC1", meter.pk]), follow=True)

    assert "Reports need its readings" in answer.content.decode()
    assert SiteMeter.objects.exists()
