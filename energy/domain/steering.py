"""What a policy makes of a plan: what is minimised, and what it costs in money.

A policy changes what the planner is told; costs are always counted in money, on the same prices.
"""

from dataclasses import dataclass, replace

import numpy as np

from energy.domain.calendar import STEP_H, Series
from energy.domain.dispatch import NO_BATTERY, Outlook, Plan, in_order
from energy.domain.site import Site
from energy.enums import PolicyKind

OTHER_SOURCE_KWH = 2.0  # more than any source costs, less than to leave cars without
MONEY_IN_GREEN = 0.001  # of the price counts too: of two equally green sources the cheaper one
UNKNOWN_CO2_KG = 0.5  # per kWh: a source that does not say is taken for fossil
SERVED_KW = 0.05


@dataclass(frozen=True, slots=True)
class Policy:
    """`reserve`: the share of the battery that is kept; `source`: the row that is preferred."""

    kind: PolicyKind = PolicyKind.AUTOMATIC
    reserve: float = 0.0
    source: int | None = None

    @property
    def trades(self) -> bool:
        """Whether the battery is steered."""
        return self.kind not in (PolicyKind.CHEAPEST, PolicyKind.OFF)


def site_under(site: Site, policy: Policy) -> Site:
    """The site as the policy lets it be planned."""
    if not policy.trades:
        sources = tuple(replace(one, demand_charge_eur_kw_month=0.0) for one in site.sources)
        return replace(site, battery=None, sources=sources)
    return replace(site, is_reserve_asked=policy.reserve > 0)


def outlook_under(outlook: Outlook, policy: Policy, site: Site, co2_kg: Series) -> Outlook:
    """What the planner shall minimise. `co2_kg` per kWh of each source; NaN: unknown."""
    capacity = (site.battery or NO_BATTERY).capacity_kwh
    if policy.kind == PolicyKind.GREENEST:
        kg = np.where(np.isnan(co2_kg), UNKNOWN_CO2_KG, co2_kg)
        prices = kg[:, None] + MONEY_IN_GREEN * outlook.prices
        return replace(outlook, prices=prices, end_value=float(kg.min()))
    if policy.kind == PolicyKind.FIXED and policy.source is not None:
        others = np.arange(len(outlook.prices)) != policy.source
        return replace(outlook, prices=outlook.prices + OTHER_SOURCE_KWH * others[:, None])
    if policy.kind == PolicyKind.RESERVE:
        kept = max(policy.reserve * capacity, outlook.reserve)
        return replace(outlook, reserve=kept)
    if not policy.trades:
        return replace(outlook, peaks=None, stored=0.0)
    return outlook


def by_merit_order(site: Site, outlook: Outlook) -> Plan:
    """The cheapest source first in each step, without a battery: what is done where nothing
    better can be, and what every plan is compared with."""
    steps = len(outlook.load)
    supply, unserved, curtailed = np.zeros_like(outlook.prices), np.zeros(steps), np.zeros(steps)
    for step in range(steps):
        rest = outlook.load[step] - outlook.photovoltaics[step]
        need, curtailed[step] = max(rest, 0.0), max(-rest, 0.0)
        caps = np.maximum(outlook.caps[:, step], 0)
        supply[:, step] = in_order(outlook.prices[:, step], caps, min(need, site.site_limit_kw))
        unserved[step] = need - supply[:, step].sum()
    nothing, stored = np.zeros(steps), np.full(steps, outlook.stored)
    shadow = dearest_used(supply, outlook.prices)
    return Plan(supply, nothing, nothing, stored, curtailed, unserved, shadow)


def dearest_used(supply: Series, prices: Series) -> Series:
    """What one more kWh costs in each step where no battery steps in."""
    used = np.where(supply > SERVED_KW, prices, -np.inf).max(axis=0)
    marginal: Series = np.where(np.isfinite(used), used, prices.min(axis=0))
    return marginal


def costs_of(site: Site, outlook: Outlook, plan: Plan) -> Series:
    """Of each step: energy and wear, less what the battery has more of than before."""
    battery = site.battery or NO_BATTERY
    energy = (outlook.prices * plan.supply).sum(axis=0) * STEP_H
    wear = battery.wear_eur_kwh / 2 * (plan.charge + plan.discharge) * STEP_H
    gained = np.diff(plan.stored, prepend=outlook.stored)
    costs: Series = energy + wear - outlook.end_value * gained
    return costs
