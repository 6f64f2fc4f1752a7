"""A station's connector 0 as a site's meter."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from energy import services
from energy.domain.main_meter import MainReading, main_reading
from energy.models import EnergyReading, SiteMeter
from energy.services import main_meters
from tests.factories.stations import StationFactory

NOW = datetime.now(UTC).replace(minute=5, second=0, microsecond=0) - timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def sample(measurand, value, **more):
    return {"measurand": measurand, "value": str(value), "format": "Raw", "phase": None,
            "unit": None, "location": "Inlet", "context": "Sample.Clock"} | more  # fmt: skip


IN, OUT = "Energy.Active.Import.Register", "Energy.Active.Export.Register"
POWER_IN, POWER_OUT = "Power.Active.Import", "Power.Active.Export"


@pytest.mark.parametrize(
    ("energy_wh", "power_w", "others", "counters", "power_kw"),
    [
        (5_000, 1_200, None, (5, 0), 1.2),
        (None, None, [sample(IN, 7_000), sample(POWER_IN, "2.5", unit="kW")], (7, 0), 2.5),
        (5_000, 0, [sample(OUT, 3, unit="kWh"), sample(POWER_OUT, 800)], (5, 3), -0.8),
        (None, None, [sample(IN, n * 1000, phase=f"L{n}-N") for n in (1, 2, 3)], (6, 0), None),
        (None, None, [sample(IN, 1, phase="L1"), sample(IN, "x", phase="L2")], None, None),
        (5_000, 1_000, [sample(OUT, "ff", format="SignedData")], (5, 0), 1),
        (-1, 100, None, None, 0.1),
        (None, None, [sample(IN, "NaN"), sample(POWER_IN, "1e999")], None, None),
        (None, 700, [{"value": "1"}], (0.001, 0), 0.7),
    ],
)
def test_what_sampled_values_say(energy_wh, power_w, others, counters, power_kw):
    found = main_reading(NOW, energy_wh, power_w, others)

    assert found == MainReading(NOW, counters, power_kw)
    assert found.turned().turned() == found


def say(station, at, energy_wh, power_w=None, other=None):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO booking_metersample (evse_id, measured_at, content_hash, received_at,"
            " context, energy_wh, power_w, other) VALUES (%s, %s, 0, %s, 1, %s, %s, %s)",
            [-station.pk, at, at, energy_wh, power_w, json.dumps(other) if other else None],
        )


@pytest.fixture
def meter(db):
    station = StationFactory()
    return SiteMeter.objects.create(
        location=station.location, name="Main", role="SITE", driver="ocpp", station=station,
        last_updated=NOW,
    )  # fmt: skip


def readings():
    return list(EnergyReading.objects.order_by("at").values_list("at", "in_kwh", "out_kwh"))


def test_the_first_values_of_each_quarter_are_readings(meter):
    for minutes in (0, 5, 9, 10, 20, 25, 30):
        say(meter.station, NOW + minutes * MINUTE, 1_000 * minutes, 60 * minutes)

    first = services.read_main_meters(now=NOW + 22 * MINUTE)
    second = services.read_main_meters(now=NOW + 31 * MINUTE)
    third = services.read_main_meters(now=NOW + 32 * MINUTE)

    assert (first, second, third) == (1, 1, 0)
    assert readings() == [(NOW + n * MINUTE, n, 0) for n in (0, 10, 25)]
    meter.refresh_from_db()
    assert (meter.read_at, meter.power_kw, meter.fault) == (NOW + 30 * MINUTE, 1.8, "")


def test_a_meter_that_counts_the_other_way_is_turned(meter):
    SiteMeter.objects.update(is_turned=True)
    say(meter.station, NOW, 5_000, 700, [sample(OUT, 2_000)])

    services.read_main_meters(now=NOW)

    meter.refresh_from_db()
    assert (readings(), meter.power_kw) == ([(NOW, 2, 5)], -0.7)


def test_silence_and_values_without_a_counter_are_told(meter):
    faults = []
    for minutes in (10, 30):
        services.read_main_meters(now=NOW + minutes * MINUTE)
        meter.refresh_from_db()
        faults.append(meter.fault)
    say(meter.station, NOW + 31 * MINUTE, None, 700)
    services.read_main_meters(now=NOW + 32 * MINUTE)
    meter.refresh_from_db()

    assert [*faults, meter.fault] == ["", main_meters.SILENT, main_meters.NO_COUNTER]
    assert (meter.power_kw, readings()) == (0.7, [])


def test_only_the_station_that_an_operator_named_counts_and_only_at_its_location(meter):
    say(StationFactory(), NOW, 5_000)
    assert services.read_main_meters(now=NOW) == 0

    say(meter.station, NOW, 5_000)
    type(meter.station).objects.filter(pk=meter.station_id).update(
        location=StationFactory().location
    )
    assert services.read_main_meters(now=NOW) == 0
    assert readings() == []
