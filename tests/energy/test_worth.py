"""What a battery should hold when it is not known which cars will come."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.domain import worth
from energy.domain.dispatch import Outlook, Planner
from energy.domain.site import site_of
from energy.domain.worth import REPLACED_AFTER, Adviser, Worth
from tests.energy.sites import BATTERY, PLAIN, WHOLE, A

SITE = site_of({**PLAIN, "supply_sources": [A], "battery": BATTERY})
EMPTY, EFFICIENCY = 10.0, 0.95
HELD_KWH = 18.0  # whole cells of the battery's contents
LOAD_KW = HELD_KWH * EFFICIENCY / 0.25  # what that serves for a quarter


def outlook(prices, load=0.0, stored=EMPTY, **more):
    steps = len(prices)
    return Outlook(
        load=np.full(steps, load),
        photovoltaics=np.zeros(steps),
        prices=np.array([prices], float),
        caps=np.full((1, steps), 120.0),
        **{"stored": stored, **more},
    )


@pytest.mark.parametrize(
    ("price", "held"),
    [(0.12, EMPTY + HELD_KWH), (0.13, EMPTY)],  # half of 0.95 * 0.29 is worth 0.13775 per kWh
)
def test_it_is_charged_for_a_car_that_may_come_if_half_of_the_gain_pays(price, held):
    now = outlook([price, 0.30])
    loads = np.array([[0, 0], [0, LOAD_KW]])

    assert Worth(SITE, now, loads).content_after(now, 0) == pytest.approx(held)


@pytest.mark.parametrize(("full", "left"), [(1, 1), (2, 1)])
def test_it_is_kept_for_a_dearer_quarter_only_as_far_as_cars_are_likely_to_need_it(full, left):
    """At least one car comes in three cases of four: worth 0.207. Both in one: worth 0.069. Sold
    now it saves 0.181."""
    loads = np.array([[0, 0, 0], [0, LOAD_KW, LOAD_KW]])
    now = outlook([0.20, 0.30, 0.30], load=LOAD_KW, stored=EMPTY + full * HELD_KWH)

    found = Worth(SITE, now, loads).content_after(now, 0)

    assert found == pytest.approx(EMPTY + left * HELD_KWH)


def test_what_costs_the_same_is_sold_now_and_bought_later():
    now = outlook([0.2] * 4, load=LOAD_KW, stored=EMPTY + HELD_KWH)

    found = Worth(SITE, now, np.full((1, 4), LOAD_KW)).content_after(now, 0)

    assert found == pytest.approx(EMPTY)


def test_load_that_nobody_could_serve_is_worth_more_than_any_price():
    now = outlook([0.5, 0.1])
    now.caps[0, 1] = 0

    found = Worth(SITE, now, np.array([[0, LOAD_KW]])).content_after(now, 0)

    assert found == pytest.approx(EMPTY + HELD_KWH)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_where_all_is_known_it_costs_what_the_best_plan_costs(seed):
    dice, steps = np.random.default_rng(seed), 12
    ahead = Outlook(
        load=dice.uniform(0, 60, steps), photovoltaics=dice.uniform(0, 30, steps),
        prices=dice.uniform(0.05, 0.4, (3, steps)), caps=np.full((3, steps), 60.0),
        stored=100.0, end_value=0.1,
    )  # fmt: skip
    site = site_of(WHOLE)
    best, known = Planner(site, steps).plan(ahead), Worth(site, ahead, ahead.load[None])
    spent, stored = 0.0, ahead.stored
    for step in range(steps):
        now = Outlook(
            ahead.load[step:], ahead.photovoltaics[step:], ahead.prices[:, step:],
            ahead.caps[:, step:], stored,
        )  # fmt: skip
        held = known.content_after(now, step)
        plan = Planner(site, steps - step).plan(replace(now, content=held))
        spent += _spent(plan, ahead.prices[:, step], 0)
        stored = float(plan.stored[0])

    bound = sum(_spent(best, ahead.prices[:, step], step) for step in range(steps))
    assert spent - 0.1 * stored == pytest.approx(bound - 0.1 * best.stored[-1], abs=0.1)


def _spent(plan, prices, step):
    wear = BATTERY["wear_eur_kwh"] / 2 * (plan.charge[step] + plan.discharge[step])
    return 0.25 * (prices @ plan.supply[:, step] + wear)


@given(seed=st.integers(0, 10_000), stored=st.floats(0, 200))
@settings(max_examples=25, deadline=None)
def test_what_it_advises_can_be_done(seed, stored):
    dice, steps = np.random.default_rng(seed), 6
    ahead = Outlook(
        load=dice.uniform(0, 300, steps), photovoltaics=dice.uniform(0, 100, steps),
        prices=dice.uniform(-0.2, 0.4, (3, steps)), caps=dice.uniform(-10, 120, (3, steps)),
        stored=stored, end_value=0.1,
    )  # fmt: skip
    site = site_of(WHOLE)
    held = Worth(site, ahead, dice.uniform(0, 300, (3, steps))).content_after(ahead, 0)

    plan = Planner(site, steps).plan(replace(ahead, content=held))

    assert plan.stored[0] == pytest.approx(held)


@pytest.mark.parametrize(
    "site",
    [site_of(PLAIN), replace(SITE, is_reserve_asked=True)],
    ids=["no battery", "a reserve is kept"],
)
def test_where_it_cannot_tell_it_leaves_it_to_the_plan(site):
    now = outlook([0.1, 0.3])

    assert Adviser().content_after(site, now, np.zeros((1, 2)), 0) is None


def test_it_works_out_anew_what_has_changed_and_every_hour(monkeypatch):
    made = []

    class Counted(Worth):
        def __init__(self, site, outlook, loads):
            super().__init__(site, outlook, loads)
            made.append(outlook)

    monkeypatch.setattr(worth, "Worth", Counted)
    adviser, prices = Adviser(), list(np.linspace(0.1, 0.3, 20))
    loads = np.zeros((1, 10))

    for at in range(REPLACED_AFTER + 1):
        adviser.content_after(SITE, outlook(prices[at : at + 10]), loads, at)
    assert len(made) == 2
    adviser.content_after(SITE, outlook(prices[:10]), loads, REPLACED_AFTER + 1)
    assert len(made) == 3
    limited = outlook(prices[:10])
    limited.caps[0, 5] = 20
    adviser.content_after(SITE, limited, loads, REPLACED_AFTER + 1)
    assert len(made) == 4
    adviser.content_after(replace(SITE, site_limit_kw=50), limited, loads, REPLACED_AFTER + 1)
    assert len(made) == 5
