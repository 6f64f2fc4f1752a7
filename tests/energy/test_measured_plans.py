"""Live dispatch with meters: the sun, the building and the month's peaks are what was measured."""

from datetime import timedelta
from decimal import Decimal

import pytest

from energy import selectors, services
from energy.models import DispatchPlan, EnergyReading, MonthPeak, SiteMeter
from energy.services import dispatching
from tests.factories.booking import SessionFactory
from tests.factories.energy import HOUR, NOON, SupplyContractFactory, SupplySourceFactory
from tests.factories.stations import EvseFactory, LocationFactory

pytestmark = pytest.mark.django_db

QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _forget():
    dispatching._learned.cache_clear()


@pytest.fixture
def location():
    location = LocationFactory(time_zone="UTC")
    source = SupplySourceFactory(location=location, name="A", import_limit_kw=100)
    SupplyContractFactory(source=source, price_kwh=Decimal("0.10"))
    return location


def meter(location, role, course, *, until=NOON, days=2, **more):
    """A meter that was read each quarter; `course` says kW at an instant, below 0 out of the
    site."""
    found = SiteMeter.objects.create(
        location=location, name=role, role=role, host="127.0.0.1", **more
    )
    at, counters, rows = until - timedelta(days=days), [0.0, 0.0], []
    while at <= until:
        rows.append(EnergyReading(meter=found, at=at, in_kwh=counters[0], out_kwh=counters[1]))
        kwh = course(at) / 4
        counters = [counters[0] + max(kwh, 0), counters[1] + max(-kwh, 0)]
        at += QUARTER
    EnergyReading.objects.bulk_create(rows)
    return found


def charged(location, begins, ends, kwh, **more):
    return SessionFactory(
        evse=EvseFactory(location=location, station__location=location), started_at=begins,
        ended_at=ends, energy_wh=kwh * 1000, status="COMPLETED", meter_start_wh=0,
        meter_stop_wh=kwh * 1000, **more,
    )  # fmt: skip


def plan_of(location, now=NOON):
    services.dispatch(location=location, now=now)
    return DispatchPlan.objects.get().body


def test_without_a_meter_the_plan_says_that_it_is_estimated(location):
    body = plan_of(location)

    assert (body["estimated"], set(body["building_kw"]), set(body["pv_kw"])) == (True, {0}, {0})


def test_the_sun_is_as_in_the_last_days_and_as_bright_as_now(location):
    sun = meter(location, "PV", lambda at: 20.0 if 8 <= at.hour < 16 else 0.0, days=3)

    usual = plan_of(location)["pv_kw"]
    SiteMeter.objects.filter(pk=sun.pk).update(power_kw=10.0, read_at=NOON)
    dim = plan_of(location)["pv_kw"]

    assert usual[:16] == [20] * 16
    assert usual[16:80] == [0] * 64
    assert dim[0] == 10
    assert 10 < dim[1] < dim[4] < 20


def test_an_inverter_that_fell_silent_for_days_is_not_planned_with(location):
    meter(location, "PV", lambda _: 20.0, until=NOON - timedelta(days=4))

    assert set(plan_of(location)["pv_kw"]) == {0}


def test_what_the_building_takes_is_load_and_leaves_less_to_cars(location):
    meter(location, "SITE", lambda at: 30.0 if 11 <= at.hour < 12 else 12.0)
    charged(location, NOON - HOUR, NOON, 18)

    body = plan_of(location)

    assert body["estimated"] is False
    assert body["building_kw"][0] == pytest.approx(12)
    assert body["building_kw"][60] == pytest.approx(12, abs=1.5)
    assert body["load_kw"][0] == pytest.approx(12)
    assert body["vehicles_limit_kw"][0] == pytest.approx(88)
    assert selectors.vehicles_limit_kw(location, NOON) == pytest.approx(88)
    assert selectors.vehicles_limit_kw(location, NOON + HOUR) is not None


def test_the_sun_behind_the_meter_is_what_the_building_took_too(location):
    meter(location, "SITE", lambda _: -5.0)
    meter(location, "PV", lambda _: 20.0)

    body = plan_of(location)

    assert body["building_kw"][0] == pytest.approx(15)
    assert body["sources"][0]["kw"][0] == 0


def test_a_meter_that_fell_silent_leaves_the_usual(location):
    meter(location, "SITE", lambda _: 12.0, until=NOON - 3 * HOUR)

    body = plan_of(location)

    assert body["building_kw"][:4] == pytest.approx([12] * 4)


def with_demand_charge(location):
    source = location.supply_sources.get()
    source.contracts.update(demand_charge_kw_month=4)
    return source


def peak_of(source):
    return MonthPeak.objects.values_list("reached_kw", "is_estimated").get(source=source)


def test_the_months_peak_is_what_the_meter_says(location):
    source = with_demand_charge(location)
    found = meter(location, "SUPPLY", lambda at: 44.0 if at == NOON - HOUR else 8.0, source=source)
    charged(location, NOON - 4 * HOUR, NOON - 3 * HOUR, 70)

    body = plan_of(location)

    assert peak_of(source) == (pytest.approx(44), False)
    assert body["peaks"][0] == body["peaks"][0] | {"id": source.pk, "kw": 44, "estimated": False}

    EnergyReading.objects.create(meter=found, at=NOON + QUARTER, in_kwh=1_000, out_kwh=0)
    plan_of(location, NOON + QUARTER)

    assert peak_of(source)[0] > 1_000


def test_the_months_peak_without_a_meter_is_estimated_from_sessions(location):
    source = with_demand_charge(location)
    charged(location, NOON - 4 * HOUR, NOON - 3 * HOUR, 70)

    body = plan_of(location)

    assert peak_of(source) == (pytest.approx(70), True)
    assert body["peaks"][0]["estimated"] is True


def test_a_meter_that_is_read_late_counts_once_it_was_read(location):
    source = with_demand_charge(location)
    found = meter(location, "SUPPLY", lambda _: 8.0, source=source, until=NOON - 6 * HOUR)
    plan_of(location)
    before = peak_of(source)

    EnergyReading.objects.create(
        meter=found, at=NOON - 5.5 * HOUR, in_kwh=2 * 24 * 8 + 15, out_kwh=0
    )
    plan_of(location, NOON + QUARTER)

    assert (before, peak_of(source)) == ((8, False), (30, False))


def test_a_meter_that_is_silent_for_days_is_estimated(location):
    source = with_demand_charge(location)
    meter(location, "SUPPLY", lambda _: 8.0, source=source, until=NOON - timedelta(days=3), days=1)
    charged(location, NOON - 4 * HOUR, NOON - 3 * HOUR, 70)

    plan_of(location)

    assert peak_of(source) == (pytest.approx(70), True)
