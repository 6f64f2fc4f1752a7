"""Live dispatch: a location's rows become an outlook, the planner's answer becomes a plan, a step
of history and set-points of batteries."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from django.db import transaction

from cpms.kernel import events
from cpms.kernel.errors import DomainError
from cpms.kernel.zones import zone_of
from energy.domain.calendar import STEP, Series
from energy.domain.dispatch import (
    NO_BATTERY,
    RESERVE,
    NoPlan,
    Outlook,
    Plan,
    Planner,
    value_of_rest,
)
from energy.domain.site import Site
from energy.domain.steering import (
    Policy,
    by_merit_order,
    costs_of,
    dearest_used,
    outlook_under,
    site_under,
)
from energy.domain.worth import Adviser
from energy.enums import PolicyKind
from energy.events import DispatchPlanned
from energy.models import (
    Battery,
    DispatchDue,
    DispatchPlan,
    DispatchStep,
    EnergyPolicy,
    MonthPeak,
)
from energy.selectors import expected
from energy.selectors import outlook as looking
from energy.services.peaks import aimed_at, month_peaks
from energy.services.setpoints import command
from stations.models import Location

log = logging.getLogger(__name__)
Key = TypeVar("Key")
Kept = TypeVar("Kept")

MOST_AT_ONCE = 500
SETPOINT_LASTS = timedelta(minutes=20)  # a quarter, and some for the next plan to come
KEPT_FOR = timedelta(days=800)
QUARTER_S = 900
MISSED_KW = 0.1
TINY_KW = 0.0004  # where nothing is drawn, the model would not tell what one more kWh costs
LEARNED_OVER = 16  # quarters after midnight
PLANNERS = 256  # of unlike sites, kept warm in each process
_planners: dict[Site, Planner] = {}
ADVISERS = 2_000  # of locations, as many as loads are kept of
_advisers: dict[int, Adviser] = {}


@dataclass(frozen=True, slots=True)
class Situation:
    """What a location's plan is made from."""

    location: Location
    steps: looking.Steps
    sources: list[looking.Sourced]
    batteries: list[Battery]
    site: Site
    policy: Policy
    outlook: Outlook  # with what the DSO only wishes for
    loads: Series  # that may come instead of the expected one, a row each
    bound: Series  # what each source may give by binding limits alone
    building: Series | None  # the part of the load that is no vehicle's; None: not metered
    peaks: list[MonthPeak]  # none where no source charges for them

    @property
    def currency(self) -> str:
        return next((one.currency for one in self.sources if one.contract), "EUR")

    @property
    def co2_kg(self) -> Series:
        return np.array([one.co2_kg for one in self.sources])


@dataclass(frozen=True, slots=True)
class Decision:
    """A plan, what it was made of, and what it costs in money."""

    plan: Plan
    outlook: Outlook
    cost: Series
    otherwise: Series
    shadow: Series
    notes: list[str]


def dispatch_due(*, now: datetime) -> int:
    """Plan the locations that are due, those first that wait longest; returns how many. One that
    fails hurts no other: it is due again in the next quarter."""
    due = DispatchDue.objects.order_by("since", "pk").values_list("pk", "location_id")
    done = 0
    for pk, location_id in list(due[:MOST_AT_ONCE]):
        try:
            done += _dispatch_claimed(pk, location_id, now)
        except Exception:
            log.exception("dispatch failed", extra={"location_id": location_id})
            DispatchDue.objects.filter(pk=pk).delete()
    return done


@transaction.atomic
def _dispatch_claimed(pk: int, location_id: int, now: datetime) -> bool:
    claimed = DispatchDue.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if claimed is None:
        return False
    return dispatch(location=Location.objects.get(pk=location_id), now=now) is not None


@transaction.atomic
def dispatch(*, location: Location, now: datetime) -> DispatchPlan | None:
    """Plan a location's next hours, store the plan and command its batteries. None: it has no
    supply source."""
    DispatchDue.objects.filter(location=location).delete()  # whoever marks it now waits for us
    situation = situation_of(location, now)
    if situation is None:
        return None
    decision = decide(situation)
    plan = _store(situation, decision, now)
    if situation.policy.trades and situation.batteries:
        _command(situation, decision.plan, now)
    events.publish(DispatchPlanned(location.pk))
    return plan


def situation_of(location: Location, now: datetime) -> Situation | None:
    """None where there is no supply source."""
    sources = looking.sourced(location, now)
    if not sources:
        return None
    steps = looking.steps_from(location, now)
    batteries = looking.batteries_of(location, now)
    site = looking.site_of_location(location, sources, batteries)
    prices = looking.prices_over(sources, steps)
    usual, charging = _usual(location, now), expected.charging_at(location, steps, now)
    cars = expected.cars_ahead(usual.cars, charging, steps)
    loads = expected.each_of_cars_ahead(usual.cars, charging, steps)
    building = expected.building_ahead(location, usual.building, steps)
    peaks = month_peaks(location, sources, site, steps) if site.charges_for_peaks else []
    battery = site.battery or NO_BATTERY
    outlook = Outlook(
        load=cars if building is None else cars + building,
        photovoltaics=expected.sun_ahead(location, steps, now),
        prices=prices,
        caps=looking.caps_of(sources, steps, wishes=True),
        stored=looking.stored_in(batteries),
        end_value=value_of_rest(prices, battery) if batteries else 0.0,
        peaks=aimed_at(peaks) if peaks else None,
        month_ends=looking.month_turns(steps),
        reserve=RESERVE * battery.capacity_kwh if site.charges_for_peaks else 0.0,
    )
    bound = looking.caps_of(sources, steps, wishes=False)
    policy = _policy(location, sources)
    loads = loads if building is None else loads + building
    return Situation(
        location, steps, sources, batteries, site, policy, outlook, loads, bound, building, peaks
    )


def _policy(location: Location, sources: Sequence[looking.Sourced]) -> Policy:
    row = EnergyPolicy.objects.filter(location=location).first()
    if row is None:
        return Policy()
    places = [one.row.pk for one in sources]
    source = places.index(row.source_id) if row.source_id in places else None
    reserve = row.reserve_soc if row.kind == PolicyKind.RESERVE else 0.0
    return Policy(PolicyKind(row.kind), reserve, source)


def _usual(location: Location, now: datetime) -> expected.Usual:
    """Learned once a day and kept by the process; not all places at midnight, for it is work."""
    since_midnight = STEP * (location.pk % LEARNED_OVER)
    day = (now.astimezone(zone_of(location.time_zone)) - since_midnight).date()
    return _learned(location.pk, location.time_zone, day.toordinal())


@lru_cache(maxsize=2_000)
def _learned(location_id: int, _zone: str, day: int) -> expected.Usual:
    location = Location.objects.get(pk=location_id)
    midnight = datetime.fromordinal(day).replace(tzinfo=zone_of(location.time_zone))
    return expected.usual_load(location, midnight)


def decide(situation: Situation) -> Decision:
    """The plan that the policy asks for, never none: what a DSO only wishes for gives way to cars
    that would get nothing."""
    notes = [
        f"{one.row.name}: no price is known; it is taken for what it was, or a guess"
        for one in situation.sources
        if not looking.is_price_known(one, situation.steps.begins)
    ]
    outlook = situation.outlook
    plan, money = _planned(situation, outlook, situation.policy)
    if plan.unserved.max() > MISSED_KW and (outlook.caps < situation.bound).any():
        outlook = replace(outlook, caps=situation.bound)
        plan, money = _planned(situation, outlook, situation.policy)
        notes.append("what the DSO asks for, but does not demand, cannot be kept")
    if plan.unserved.max() > MISSED_KW:
        notes.append("the limits leave less than the cars are expected to want")
    site = site_under(situation.site, situation.policy)
    return Decision(
        plan=plan,
        outlook=outlook,
        cost=costs_of(site, outlook, plan),
        otherwise=costs_of(situation.site, outlook, by_merit_order(situation.site, outlook)),
        shadow=plan.shadow if money else dearest_used(plan.supply, outlook.prices),
        notes=notes,
    )


def _planned(situation: Situation, outlook: Outlook, policy: Policy) -> tuple[Plan, bool]:
    """The plan, and whether its shadow prices are money."""
    if not policy.trades:
        return by_merit_order(situation.site, outlook), True
    site = site_under(situation.site, policy)
    said = outlook_under(outlook, policy, site, situation.co2_kg)
    said = replace(said, load=np.maximum(said.load, TINY_KW))
    said = replace(said, content=_advised(situation, site, said))
    planner = _planners.pop(site, None) or Planner(site, looking.HORIZON)
    try:
        plan = planner.plan(said)
    except NoPlan:
        log.exception("no plan", extra={"location_id": situation.location.pk})
        return by_merit_order(situation.site, outlook), True
    _keep(_planners, site, planner, PLANNERS)
    return plan, policy.kind in (PolicyKind.AUTOMATIC, PolicyKind.RESERVE)


def _advised(situation: Situation, site: Site, outlook: Outlook) -> float | None:
    """What the batteries shall hold after this quarter, in kWh, whatever cars come later."""
    pk, quarter = situation.location.pk, int(situation.steps.begins.timestamp()) // QUARTER_S
    adviser = _advisers.pop(pk, None) or Adviser()
    content = adviser.content_after(site, outlook, situation.loads, quarter)
    _keep(_advisers, pk, adviser, ADVISERS)
    return content


def _keep(kept: dict[Key, Kept], key: Key, one: Kept, most: int) -> None:
    """Keep a planner with its last basis for its site and those like it, or an adviser with what
    it worked out. Whoever plans takes it out meanwhile: threads never share one."""
    kept[key] = one  # the newest last
    while len(kept) > most:
        kept.pop(next(iter(list(kept))), None)


def _store(situation: Situation, decision: Decision, now: datetime) -> DispatchPlan:
    plan, outlook, policy = decision.plan, decision.outlook, situation.policy
    battery_kw = plan.discharge - plan.charge
    common: dict[str, Any] = {"policy": policy.kind, "currency": situation.currency}
    DispatchStep.objects.update_or_create(
        location=situation.location,
        starts_at=situation.steps.begins,
        defaults={
            **common,
            "supply": {
                str(one.row.pk): round(float(kw), 3)
                for one, kw in zip(situation.sources, plan.supply[:, 0], strict=True)
            },
            "load_kw": outlook.load[0],
            "pv_kw": outlook.photovoltaics[0],
            "battery_kw": battery_kw[0],
            "shadow_price_kwh": decision.shadow[0],
            "cost": decision.cost[0],
            "cost_otherwise": decision.otherwise[0],
        },
    )
    stored, _ = DispatchPlan.objects.update_or_create(
        location=situation.location,
        defaults={
            **common,
            "made_at": now,
            "starts_at": situation.steps.begins,
            "cost": float(decision.cost.sum()),
            "cost_otherwise": float(decision.otherwise.sum()),
            "body": _body(situation, decision),
        },
    )
    return stored


def _body(situation: Situation, decision: Decision) -> dict[str, Any]:
    """The plan by quarters of an hour, as it is stored and told."""
    plan, outlook = decision.plan, decision.outlook
    battery = plan.discharge - plan.charge
    building = np.zeros_like(outlook.load) if situation.building is None else situation.building
    limit = np.minimum(situation.bound.sum(axis=0), situation.site.site_limit_kw)
    return {
        "sources": [
            {
                "id": one.row.pk,
                "name": one.row.name,
                "kw": _rounded(plan.supply[row]),
                "price_kwh": _rounded(outlook.prices[row], 6),
                "limit_kw": _rounded(outlook.caps[row]),
            }
            for row, one in enumerate(situation.sources)
        ],
        "load_kw": _rounded(outlook.load),
        "building_kw": _rounded(building),
        "pv_kw": _rounded(outlook.photovoltaics),
        "battery_kw": _rounded(battery),
        "stored_kwh": _rounded(plan.stored),
        "unserved_kw": _rounded(plan.unserved),
        "shadow_price_kwh": _rounded(decision.shadow, 6),
        "vehicles_limit_kw": _rounded(np.maximum(limit + battery - building, 0)),
        "peaks": [
            {
                "id": one.source_id, "kw": one.reached_kw, "target_kw": one.target_kw,
                "estimated": one.is_estimated,
            }
            for one in situation.peaks
        ],
        "estimated": situation.building is None,
        "notes": decision.notes,
    }  # fmt: skip


def _rounded(series: Series, places: int = 3) -> list[float]:
    return [float(number) for number in np.round(series, places) + 0.0]  # no -0.0


def _command(situation: Situation, plan: Plan, now: datetime) -> None:
    """Share the battery's power among the batteries that it stands for, by what each can."""
    power = float(plan.discharge[0] - plan.charge[0])
    field = "discharge_kw" if power > 0 else "charge_kw"
    whole = sum(getattr(one, field) for one in situation.batteries)
    until = max(now, situation.steps.begins) + SETPOINT_LASTS
    for battery in situation.batteries:
        able = getattr(battery, field)
        share = power * able / whole if whole else 0.0
        share = round(min(max(share, -battery.charge_kw), battery.discharge_kw), 3)
        try:
            with transaction.atomic():
                command(
                    battery=battery, power_kw=share, until=until,
                    reason=f"plan: {situation.policy.kind}", now=now,
                )  # fmt: skip
        except DomainError as refusal:  # taken out of the plan since it was read: planned without
            log.warning("battery not commanded", extra={"battery": battery.pk, "why": refusal.code})


def forget_steps(*, now: datetime) -> int:
    """Drop history that no report asks for any longer. Returns how many steps."""
    count, _ = DispatchStep.objects.filter(starts_at__lt=now - KEPT_FOR).delete()
    return count
