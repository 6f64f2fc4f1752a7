"""Live dispatch: rows in, a plan, a step of history and set-points out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from energy import selectors, services
from energy.domain.supply import Limit, Price
from energy.enums import LimitKind, PolicyKind
from energy.models import (
    Battery,
    BatterySetpoint,
    DispatchDue,
    DispatchPlan,
    DispatchStep,
    MonthPeak,
    SiteLimit,
)
from energy.services import dispatching
from tests.factories.booking import SessionFactory
from tests.factories.energy import (
    HOUR,
    NOON,
    BatteryFactory,
    PriceListFactory,
    SupplyContractFactory,
    SupplySourceFactory,
)
from tests.factories.stations import EvseFactory, LocationFactory

pytestmark = pytest.mark.django_db

QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _forget():
    dispatching._learned.cache_clear()
    dispatching._advisers.clear()


def site(**more):
    """A location with a cheap source of 40 kW and a dear one of 100 kW."""
    location = LocationFactory(time_zone="Europe/Rome", **more)
    for name, kw, price, co2 in (("A", 40, "0.10", 400), ("B", 100, "0.30", 20)):
        source = SupplySourceFactory(location=location, name=name, import_limit_kw=kw)
        SupplyContractFactory(source=source, price_kwh=Decimal(price), co2_g_kwh=co2)
    return location


def charge(location, kw, **more):
    """A car that charges with that power since half an hour."""
    evse = EvseFactory(location=location, station__location=location)
    return SessionFactory(
        evse=evse, started_at=NOON - HOUR / 2, power_w=int(kw * 1000), energy_wh=1_000, **more
    )


def planned(location, now=NOON):
    plan = services.dispatch(location=location, now=now)
    return {one["name"]: one["kw"][0] for one in plan.body["sources"]}


def test_the_cars_that_are_there_are_served_by_the_cheapest_source_within_its_limit():
    location = site()
    charge(location, 60)

    mix = planned(location)

    plan = DispatchPlan.objects.get()
    assert mix == {"A": 40, "B": 20}
    assert plan.body["load_kw"][:3] == [60, 60, 60]
    assert plan.body["shadow_price_kwh"][0] == pytest.approx(0.30)
    step = DispatchStep.objects.get()
    assert (step.starts_at, step.load_kw, step.battery_kw) == (NOON, 60, 0)
    assert step.cost == step.cost_otherwise == pytest.approx((40 * 0.10 + 20 * 0.30) / 4)


def test_a_limit_holds_in_the_steps_that_it_touches():
    location = site()
    source = location.supply_sources.get(name="A")
    charge(location, 60)
    begins = NOON + QUARTER + timedelta(minutes=5)
    services.take_limits(
        source=source, origin="dso", reference="1",
        limits=[Limit(10, begins, begins + QUARTER)], now=NOON,
    )  # fmt: skip

    services.dispatch(location=location, now=NOON)

    cheap = DispatchPlan.objects.get().body["sources"][0]
    assert cheap["kw"][:5] == [40, 10, 10, 40, 40]


def test_what_a_dso_only_wishes_for_gives_way_to_cars():
    location = site()
    charge(location, 60)
    for source in location.supply_sources.all():
        services.take_limits(
            source=source, origin="dso", reference="1",
            limits=[Limit(20, NOON, kind=LimitKind.OPTIMUM)], now=NOON,
        )  # fmt: skip

    mix = planned(location)

    assert mix == {"A": 40, "B": 20}
    assert DispatchPlan.objects.get().body["notes"] == [
        "what the DSO asks for, but does not demand, cannot be kept"
    ]


@pytest.mark.parametrize("limit", [0, 5])
def test_there_is_a_plan_whatever_the_limits(limit):
    location = site()
    charge(location, 60)
    SiteLimit.objects.create(location=location, import_limit_kw=limit)
    BatteryFactory(location=location, soc=0.0, energy_kwh=0.0)

    mix = planned(location)

    plan = DispatchPlan.objects.get()
    assert sum(mix.values()) == pytest.approx(limit)
    assert plan.body["unserved_kw"][0] == pytest.approx(60 - limit)
    assert "the limits leave less than the cars are expected to want" in plan.body["notes"]


def test_the_battery_carries_what_is_dear_and_is_told_so():
    location = site()
    charge(location, 60)
    battery = BatteryFactory(location=location)

    mix = planned(location)

    setpoint = BatterySetpoint.objects.get()
    assert mix == {"A": 40, "B": 0}
    assert (setpoint.battery, setpoint.power_kw) == (battery, 20)
    assert (setpoint.until, setpoint.reason) == (NOON + timedelta(minutes=20), "plan: automatic")
    step = DispatchStep.objects.get()
    assert step.battery_kw == pytest.approx(20)


def test_batteries_share_the_work_by_what_they_can():
    location = site()
    charge(location, 60)
    BatteryFactory(location=location, discharge_kw=30.0)
    BatteryFactory(location=location, discharge_kw=10.0)

    planned(location)

    told = BatterySetpoint.objects.order_by("battery_id").values_list("power_kw", flat=True)
    assert list(told) == [15, 5]


@pytest.mark.parametrize("fields", [{"out_of_plan": "no_answer"}, {"read_at": NOON - HOUR}])
def test_a_battery_that_cannot_be_trusted_is_planned_without(fields):
    location = site()
    charge(location, 60)
    BatteryFactory(location=location, **fields)

    assert planned(location) == {"A": 40, "B": 20}
    assert not BatterySetpoint.objects.exists()


@pytest.mark.parametrize(
    ("kind", "mix", "battery_kw"),
    [
        (PolicyKind.AUTOMATIC, {"A": 40, "B": 0}, 20),
        (PolicyKind.CHEAPEST, {"A": 40, "B": 20}, 0),
        (PolicyKind.GREENEST, {"A": 0, "B": 60}, 0),
        (PolicyKind.RESERVE, {"A": 40, "B": 20}, 0),
        (PolicyKind.FIXED, {"A": 0, "B": 0}, 60),
        (PolicyKind.OFF, {"A": 40, "B": 20}, 0),
    ],
)
def test_each_policy_does_what_it_says(kind, mix, battery_kw):
    location = site()
    charge(location, 60)
    BatteryFactory(location=location)
    source = location.supply_sources.get(name="B")
    services.set_policy(location=location, kind=kind, reserve_soc=0.5, source=source, now=NOON)

    found = planned(location)

    step = DispatchStep.objects.get()
    assert found == pytest.approx(mix)
    assert step.battery_kw == pytest.approx(battery_kw)
    assert step.policy == kind
    assert BatterySetpoint.objects.exists() == (kind not in (PolicyKind.CHEAPEST, PolicyKind.OFF))


def test_prices_of_a_list_are_known_as_far_as_they_are_and_then_as_they_were():
    location = LocationFactory(time_zone="Europe/Rome")
    source = SupplySourceFactory(location=location)
    zone = SupplyContractFactory(source=source, spot=True, adder_kwh=Decimal("0.05")).price_list
    prices = [
        Price(NOON + n * HOUR, NOON + (n + 1) * HOUR, Decimal(n % 24) / 100) for n in range(-24, 12)
    ]
    services.take_prices(price_list=zone, prices=prices, origin="feed", now=NOON)

    services.dispatch(location=location, now=NOON)

    listed = DispatchPlan.objects.get().body["sources"][0]["price_kwh"]
    assert listed[::4] == pytest.approx([0.05 + n % 24 / 100 for n in range(36)])


def test_without_any_price_there_is_a_plan_that_says_so():
    location = LocationFactory()
    source = SupplySourceFactory(location=location, name="A")
    SupplyContractFactory(source=source, spot=True)
    charge(location, 60)

    assert planned(location) == {"A": 60}
    assert DispatchPlan.objects.get().body["notes"] == [
        "A: no price is known; it is taken for what it was, or a guess"
    ]


def test_a_month_before_says_what_peak_to_aim_at():
    location = site()
    location.supply_sources.get(name="A").contracts.update(demand_charge_kw_month=4)
    location.supply_sources.get(name="B").contracts.update(demand_charge_kw_month=4)
    for day in range(1, 31):
        charge_past(location, NOON - timedelta(days=day))

    planned(location)

    peaks = dict(MonthPeak.objects.values_list("source__name", "target_kw"))
    assert peaks == {"A": pytest.approx(30), "B": pytest.approx(0)}
    planned(location, NOON + QUARTER)
    assert MonthPeak.objects.get(source__name="A").reached_kw == 0


def charge_past(location, at):
    evse = EvseFactory(location=location, station__location=location)
    SessionFactory(
        evse=evse, status="COMPLETED", started_at=at, ended_at=at + HOUR, energy_wh=30_000,
        meter_stop_wh=31_000,
    )  # fmt: skip


def test_usual_load_is_learned_from_sessions():
    location = site()
    for day in range(1, 31):
        charge_past(location, NOON - timedelta(days=day))

    services.dispatch(location=location, now=NOON - 2 * HOUR)

    load = DispatchPlan.objects.get().body["load_kw"]
    assert load[0] == 0
    assert 10 < max(load[8:12]) < 30
    assert max(load[20:40]) < 1


def test_a_location_without_sources_has_no_plan():
    assert services.dispatch(location=LocationFactory(), now=NOON) is None


def test_what_changes_is_planned_anew_once_and_only_where_it_matters():
    location, other = site(), site()
    services.mark_all_due(now=NOON)

    both = services.dispatch_due(now=NOON)
    source = location.supply_sources.get(name="A")
    for reference in ("1", "2"):
        services.take_limits(
            source=source, origin="dso", reference=reference, limits=[Limit(9, NOON)], now=NOON
        )
    later = NOON + timedelta(minutes=1)

    assert (both, services.dispatch_due(now=later), services.dispatch_due(now=later)) == (2, 1, 0)
    made = dict(DispatchPlan.objects.values_list("location", "made_at"))
    assert made == {location.pk: later, other.pk: NOON}
    assert DispatchStep.objects.count() == 2


def test_prices_make_who_pays_them_due():
    zone = PriceListFactory()
    contract = SupplyContractFactory(spot=True, price_list=zone)
    SupplyContractFactory()
    price = Price(NOON, NOON + HOUR, Decimal("0.1"))

    services.take_prices(price_list=zone, prices=[price], origin="feed", now=NOON)

    assert [due.location_id for due in DispatchDue.objects.all()] == [contract.source.location_id]


def test_one_location_that_fails_hurts_no_other(monkeypatch):
    broken, sound = site(), site()
    services.mark_all_due(now=NOON)
    real = dispatching.situation_of

    def situation(location, now):
        if location == broken:
            raise RuntimeError
        return real(location, now)

    monkeypatch.setattr(dispatching, "situation_of", situation)

    assert services.dispatch_due(now=NOON) == 1
    assert [plan.location for plan in DispatchPlan.objects.all()] == [sound]
    assert not DispatchDue.objects.exists()


def test_vehicles_may_draw_what_the_location_may_and_the_battery_gives():
    location = site()
    charge(location, 60)
    battery = BatteryFactory(location=location, read_at=NOON)
    before = selectors.vehicles_limit_kw(location, NOON)
    planned(location)
    source = location.supply_sources.get(name="B")
    services.take_limits(
        source=source, origin="dso", reference="1", limits=[Limit(10, NOON)], now=NOON
    )

    told = selectors.vehicles_limit_kw(location, NOON)
    Battery.objects.update(power_kw=19.5)
    does = selectors.vehicles_limit_kw(location, NOON)
    later = selectors.vehicles_limit_kw(location, NOON + HOUR)

    assert battery.setpoints.get().power_kw == 20
    assert (before, told, does, later) == (140, 40 + 10, 40 + 10 + 20, 40 + 10)
    assert selectors.vehicles_limit_kw(LocationFactory(), NOON) is None


@pytest.mark.parametrize(
    ("facts", "age_s", "counted_kw"),
    [
        ({"power_kw": 19.5}, 0, 20),  # as planned, as far as it can be measured
        ({"power_kw": 12}, 0, 12),
        ({"power_kw": -30}, 0, -30),  # it was told to charge before
        ({"power_kw": 20}, 31, 0),  # nobody reads it: it may rest already
        ({"power_kw": 20, "out_of_plan": "no_answer"}, 0, 0),
        ({"power_kw": -30, "out_of_plan": "no_answer"}, 59, -30),  # until it reverts
        ({"power_kw": -30, "out_of_plan": "no_answer"}, 60, 0),
        ({"power_kw": 10, "out_of_plan": "untested", "sign": 0}, 0, -10),
        ({"power_kw": None}, 0, 0),
    ],
)
def test_of_a_battery_counts_what_it_does_for_certain(facts, age_s, counted_kw):
    location = site()
    charge(location, 60)
    BatteryFactory(location=location, read_at=NOON)
    planned(location)
    Battery.objects.update(**facts, read_at=NOON - timedelta(seconds=age_s))

    assert selectors.vehicles_limit_kw(location, NOON) == 140 + counted_kw
