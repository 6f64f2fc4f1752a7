"""The plan of one site: what holds for every plan, and what one would do by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.domain.calendar import STEP_H
from energy.domain.dispatch import UNSERVED_EUR_KWH, Outlook, Planner
from energy.domain.site import site_of
from tests.energy.sites import BATTERY, PLAIN, WHOLE

STEPS = 8
SITE = site_of(WHOLE)
FLAT = np.tile([[0.15], [0.16], [0.17]], STEPS)
CAPS = np.tile([[120.0], [80.0], [50.0]], STEPS)


def outlook(load, prices=FLAT, caps=CAPS, sun=0.0, **more):
    return Outlook(
        load=np.full(STEPS, float(load)) if np.isscalar(load) else np.array(load, float),
        photovoltaics=np.full(STEPS, float(sun)),
        prices=prices,
        caps=caps,
        **{"stored": 100.0, **more},
    )


def test_the_cheapest_source_first_and_each_within_its_limit():
    plan = Planner(site_of(PLAIN), STEPS).plan(outlook(230, stored=0))

    assert plan.supply[:, 0] == pytest.approx([120, 80, 30])
    assert plan.shadow == pytest.approx(np.full(STEPS, 0.17))


def test_the_battery_moves_energy_from_cheap_to_dear():
    prices = FLAT.copy()
    prices[:, STEPS // 2 :] += 0.2

    plan = Planner(SITE, STEPS).plan(outlook(60, prices, stored=20.0))

    assert plan.charge[: STEPS // 2].sum() > 0
    assert plan.discharge[: STEPS // 2].sum() == pytest.approx(0)
    assert plan.discharge[STEPS // 2 :] == pytest.approx(np.full(STEPS // 2, 60))


def test_the_battery_holds_what_is_decided_already():
    dear_first = FLAT + np.linspace(0.2, 0, STEPS)
    planner = Planner(SITE, STEPS)

    held = planner.plan(outlook(60, dear_first, stored=50.0, content=50.0))
    free = planner.plan(outlook(60, dear_first, stored=50.0))

    assert held.stored[0] == pytest.approx(50)
    assert free.stored[0] == pytest.approx(50 - 15 / 0.95)


def test_the_sun_comes_first_and_what_nobody_takes_is_curtailed():
    plan = Planner(site_of(PLAIN), STEPS).plan(outlook(10, sun=25, stored=0))

    assert plan.supply.sum() == pytest.approx(0)
    assert plan.curtailed == pytest.approx(np.full(STEPS, 15))


def test_what_nobody_can_serve_is_told_and_never_infeasible():
    plan = Planner(site_of(PLAIN), STEPS).plan(outlook(400, stored=0))

    assert plan.unserved == pytest.approx(np.full(STEPS, 150))
    assert plan.shadow == pytest.approx(np.full(STEPS, UNSERVED_EUR_KWH))


def test_no_energy_is_burned_where_it_is_paid_for():
    plan = Planner(SITE, STEPS).plan(outlook(0, FLAT - 1))

    assert (np.minimum(plan.charge, plan.discharge) == 0).all()


def test_a_peak_that_was_reached_already_costs_nothing_more():
    body = {
        **PLAIN,
        "supply_sources": [
            {**source, "demand_charge_eur_kw_month": 4} for source in PLAIN["supply_sources"][:2]
        ],
        "battery": BATTERY,
    }
    planner = Planner(site_of(body), STEPS)
    load = [20, 20, 20, 60, 20, 20, 20, 20]

    shaved = planner.plan(
        outlook(load, FLAT[:2], CAPS[:2], peaks=np.array([30.0, 0.0]), stored=10.0)
    )
    free = planner.plan(
        outlook(load, FLAT[:2], CAPS[:2], peaks=np.array([100.0, 0.0]), stored=10.0)
    )

    assert shaved.supply[0].max() < 31
    assert free.supply[0].max() == pytest.approx(60)


def test_the_shadow_price_is_what_one_more_kwh_costs():
    prices = FLAT.copy()
    prices[:, 4:] += 0.1
    planner = Planner(SITE, STEPS)
    base = outlook(60, prices, stored=20.0)
    load = base.load.copy()
    load[6] += 0.01

    plan, more = planner.plan(base), planner.plan(replace(base, load=load))

    def cost(one):
        wear = 0.01 * (one.charge + one.discharge).sum()
        return ((prices * one.supply).sum() + wear) * STEP_H

    assert (cost(more) - cost(plan)) / (0.01 * STEP_H) == pytest.approx(plan.shadow[6], abs=1e-4)


numbers = st.floats(0, 150, allow_nan=False)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    load=st.lists(numbers, min_size=STEPS, max_size=STEPS),
    sun=numbers,
    stored=st.floats(10, 190),
    prices=st.lists(st.floats(-0.5, 1), min_size=3 * STEPS, max_size=3 * STEPS),
    caps=st.lists(numbers, min_size=3 * STEPS, max_size=3 * STEPS),
)
def test_what_holds_for_every_plan(load, sun, stored, prices, caps):
    asked = outlook(
        load,
        np.reshape(prices, (3, STEPS)),
        np.reshape(caps, (3, STEPS)),
        sun=sun,
        stored=stored,
    )

    plan = Planner(SITE, STEPS).plan(asked)

    given_ = plan.supply.sum(axis=0) + asked.photovoltaics - plan.curtailed + plan.discharge
    assert given_ + plan.unserved == pytest.approx(asked.load + plan.charge, abs=1e-5)
    before = np.concatenate([[stored], plan.stored[:-1]])
    change = (plan.charge * 0.95 - plan.discharge / 0.95) * STEP_H
    assert plan.stored == pytest.approx(before + change, abs=1e-5)
    assert (plan.stored >= 10 - 1e-6).all()
    assert (plan.stored <= 190 + 1e-6).all()
    assert (plan.supply <= asked.caps + 1e-6).all()
    assert (plan.supply.sum(axis=0) <= 250 + 1e-6).all()


def test_a_planner_used_again_plans_as_a_new_one():
    used = Planner(SITE, STEPS)
    for load in (10, 200, 45):
        used.plan(outlook(load))
    asked = outlook([5, 90, 30, 150, 1, 60, 20, 80], stored=60.0)

    again, new = used.plan(asked), Planner(SITE, STEPS).plan(asked)

    assert (FLAT * again.supply).sum() == pytest.approx((FLAT * new.supply).sum())
