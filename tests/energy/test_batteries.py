"""Batteries are stored as said, and what cannot be is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from cpms.egress import EgressRefused
from energy import selectors, services
from energy.enums import Driver, OutOfPlan, Sign
from energy.errors import (
    BadSetpoint,
    BatteryExists,
    BatteryHasHistory,
    BatteryInvalid,
    BatteryOutOfPlan,
    UnknownRegisterMap,
)
from energy.models import Battery, BatterySetpoint
from energy.services.setpoints import KEPT_FOR, command, forget_setpoints
from tests.factories.energy import BatteryFactory
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _loopback_allowed(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


def said(**more):
    facts = {"name": "Main", "capacity_kwh": 200, "charge_kw": 100, "discharge_kw": 100,
             "host": "127.0.0.1", **more}  # fmt: skip
    return Battery(location=facts.pop("location", None) or LocationFactory(), **facts)


def test_a_new_battery_waits_to_be_read():
    stored = services.save_battery(battery=said(), now=NOW)

    assert (stored.out_of_plan, stored.sign, stored.last_updated) == ("not_read", 0, NOW)
    assert list(selectors.batteries()) == [stored]


def test_a_form_that_is_old_does_not_put_back_what_the_battery_reported():
    battery = BatteryFactory(soc=0.2)
    old = Battery.objects.get(pk=battery.pk)
    Battery.objects.filter(pk=battery.pk).update(soc=0.7, power_kw=12.0)
    old.name = "Renamed"

    services.save_battery(battery=old, now=NOW)

    battery.refresh_from_db()
    assert (battery.name, battery.soc, battery.power_kw) == ("Renamed", 0.7, 12.0)


def test_a_battery_at_another_address_is_tested_and_read_anew():
    battery = BatteryFactory(sign=Sign.TURNED)
    battery.port += 1

    stored = services.save_battery(battery=battery, now=NOW)

    state = (stored.sign, stored.soc, stored.read_at, stored.out_of_plan)
    assert state == (Sign.UNTESTED, None, None, OutOfPlan.NOT_READ)


def test_one_that_is_switched_off_leaves_the_plan_and_comes_back_when_read():
    battery = BatteryFactory()
    battery.is_enabled = False
    off = services.save_battery(battery=battery, now=NOW)
    battery.is_enabled = True
    on = services.save_battery(battery=battery, now=NOW)

    assert (off.out_of_plan, on.out_of_plan) == (OutOfPlan.SWITCHED_OFF, OutOfPlan.NOT_READ)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"soc_min": 0.9, "soc_max": 0.1}, "lowest state of charge"),
        ({"capacity_kwh": 0}, "capacity must be above 0"),
        ({"capacity_kwh": float("nan")}, "capacity must be above 0"),
        ({"charge_kw": -1}, "capacity must be above 0"),
        ({"efficiency": 1.2}, "efficiency must be above 0"),
        ({"driver": Driver.REGISTERS}, "register map"),
        ({"register_map": "example-storage"}, "register map"),
        ({"unit_id": 300}, "out of range"),
    ],
)
def test_a_battery_that_cannot_be_is_refused_with_the_reason(more, reason):
    with pytest.raises(BatteryInvalid, match=reason):
        services.save_battery(battery=said(**more), now=NOW)

    assert not Battery.objects.exists()


def test_a_register_map_that_is_not_there_is_refused():
    with pytest.raises(UnknownRegisterMap):
        services.save_battery(
            battery=said(driver=Driver.REGISTERS, register_map="../secret"), now=NOW
        )


@pytest.mark.parametrize("host", ["192.168.1.9", "8.8.8.8"])
def test_an_address_that_the_operator_did_not_allow_is_refused(host):
    with pytest.raises(EgressRefused):
        services.save_battery(battery=said(host=host), now=NOW)

    assert not Battery.objects.exists()


def test_two_batteries_share_neither_name_nor_address():
    first = services.save_battery(battery=said(), now=NOW)

    for more in ({"location": first.location, "port": 600}, {"name": "Other"}):
        with pytest.raises(BatteryExists):
            services.save_battery(battery=said(**more), now=NOW)


def test_a_battery_that_was_used_is_not_removed():
    used, unused = BatteryFactory(), BatteryFactory()
    command(battery=used, power_kw=5, until=LATER, reason="cheap", now=NOW)

    services.remove_battery(battery=unused)
    with pytest.raises(BatteryHasHistory):
        services.remove_battery(battery=used)

    assert list(Battery.objects.all()) == [used]


def test_the_database_keeps_a_reported_state_of_charge_a_share():
    battery = BatteryFactory()

    for soc in (1.01, -0.1, float("nan")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Battery.objects.filter(pk=battery.pk).update(soc=soc)


def test_a_setpoint_replaces_and_the_same_again_prolongs():
    battery = BatteryFactory()

    command(battery=battery, power_kw=5, until=LATER, reason="cheap", now=NOW)
    command(battery=battery, power_kw=-5, until=LATER, reason="dear", now=NOW)
    command(
        battery=battery,
        power_kw=-5,
        until=LATER + timedelta(minutes=15),
        reason="dear",
        now=LATER - timedelta(seconds=1),
    )

    rows = BatterySetpoint.objects.order_by("pk").values_list("power_kw", "until", "reason")
    assert list(rows) == [(5, LATER, "cheap"), (-5, LATER + timedelta(minutes=15), "dear")]


@pytest.mark.parametrize("power", [101, -101, float("nan"), float("inf")])
def test_a_setpoint_beyond_the_rating_is_refused(power):
    with pytest.raises(BadSetpoint):
        command(battery=BatteryFactory(), power_kw=power, until=LATER, reason="x", now=NOW)

    assert not BatterySetpoint.objects.exists()


def test_a_setpoint_that_is_over_is_refused():
    with pytest.raises(BadSetpoint):
        command(battery=BatteryFactory(), power_kw=1, until=NOW, reason="x", now=NOW)


def test_a_battery_out_of_the_plan_is_not_commanded():
    battery = BatteryFactory(out_of_plan=OutOfPlan.SOC_JUMPS)

    with pytest.raises(BatteryOutOfPlan):
        command(battery=battery, power_kw=1, until=LATER, reason="x", now=NOW)

    assert not BatterySetpoint.objects.exists()


def test_what_ended_long_ago_is_forgotten():
    battery = BatteryFactory()
    command(battery=battery, power_kw=1, until=LATER, reason="x", now=NOW)

    kept = forget_setpoints(now=LATER + KEPT_FOR)
    dropped = forget_setpoints(now=LATER + KEPT_FOR + timedelta(seconds=1))

    assert (kept, dropped) == (0, 1)


def test_only_healthy_batteries_that_were_read_lately_are_planned_with():
    location = LocationFactory()
    healthy = BatteryFactory(location=location, read_at=NOW)
    BatteryFactory(location=location, read_at=NOW - timedelta(minutes=2))
    BatteryFactory(location=location, read_at=NOW, out_of_plan=OutOfPlan.NO_ANSWER)

    assert list(selectors.planned_batteries(location, NOW)) == [healthy]
