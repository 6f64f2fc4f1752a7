"""What a policy would have cost: real prices and sessions, replayed step by step.

Every policy meets the same course and the same limits. What a policy decides at a step it
decides from what could be known then; only `perfect_foresight` knows all: the bound.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from energy.domain.calendar import STEP_H, STEPS_A_DAY, Series, import_limits, prices_of
from energy.domain.dispatch import (
    LEAST_HISTORY,
    NO_BATTERY,
    RESERVE,
    Outlook,
    Planner,
    best_peaks,
    in_order,
    value_of_rest,
)
from energy.domain.forecasting import (
    LoadForecast,
    SunForecast,
    known_until,
    prices_ahead,
    slots_of,
)
from energy.domain.series import Course
from energy.domain.site import Site, Spot
from energy.domain.worth import Adviser

HORIZON = 144  # 36 hours
CHEAP, DEAR = 0.25, 0.75  # quantiles of a day's prices, for the rule of thumb
TOLERANCE_KW = 0.01

Progress = Callable[[float], None]


@dataclass(slots=True)
class Market:
    """A course with what each source costs and may give."""

    site: Site
    course: Course
    prices: Series
    caps: Series
    first: int  # the step from which on costs count; before is history
    months: Series = field(init=False)

    def __post_init__(self) -> None:
        numbers = [at.year * 12 + at.month for at in self.course.local]
        self.months = np.array(numbers) - numbers[0]

    @classmethod
    def of(cls, site: Site, course: Course, first: int) -> "Market":
        prices = np.stack([prices_of(one, course.local, course.spot) for one in site.sources])
        return cls(site, course, prices, import_limits(site, course.local), first)

    @property
    def steps(self) -> range:
        return range(self.first, len(self.course.at))


@dataclass(slots=True)
class Outcome:
    """What a policy did in each step, and what came of it."""

    supply: Series
    charge: Series
    discharge: Series
    unserved: Series
    stored_last: float
    source: str = ""


def cost_of(market: Market, outcome: Outcome, end_value: float) -> float:
    """EUR: energy, wear, peaks; what is left in the battery counts for what it is worth."""
    site, battery = market.site, market.site.battery or NO_BATTERY
    counted = slice(market.first, None)
    energy = (market.prices[:, counted] * outcome.supply).sum() * STEP_H
    throughput = (outcome.charge + outcome.discharge).sum() * STEP_H
    wear = battery.wear_eur_kwh / 2 * throughput
    gained = outcome.stored_last - battery.capacity_kwh * battery.soc_start
    peaks = sum(
        source.demand_charge_eur_kw_month
        * outcome.supply[row][market.months[counted] == month].max()
        for row, source in enumerate(site.sources)
        for month in np.unique(market.months[counted])
    )
    return float(energy + wear + peaks - end_value * gained)


def report_on(market: Market, outcome: Outcome, end_value: float) -> dict[str, object]:
    """The figures of a policy, as `energy backtest` prints them."""
    total = outcome.supply.sum(axis=0)
    caps = market.caps[:, market.first :]
    over = (outcome.supply > caps + TOLERANCE_KW).any(axis=0)
    over |= total > market.site.site_limit_kw + TOLERANCE_KW
    figures: dict[str, object] = {
        "cost_eur": round(cost_of(market, outcome, end_value), 2),
        "kwh_by_source": {
            source.name: round(float(outcome.supply[row].sum() * STEP_H), 1)
            for row, source in enumerate(market.site.sources)
        },
        "peak_kw": round(float(total.max()), 2),
        "violations": int(over.sum()),
        "unserved_kwh": round(float(outcome.unserved.sum() * STEP_H), 1),
    }
    return {**figures, "source": outcome.source} if outcome.source else figures


def end_value_of(market: Market) -> float:
    """EUR that a kWh left in the battery is worth: what it replaces where prices are low."""
    battery = market.site.battery
    if battery is None:
        return 0.0
    return value_of_rest(market.prices[:, -STEPS_A_DAY:], battery)


# --- policies without a plan


def merit_order(market: Market, sources: Sequence[int] | None = None) -> Outcome:
    """The cheapest source first, each up to its limit; no battery."""
    rows = range(len(market.site.sources)) if sources is None else sources
    supply = np.zeros((len(market.site.sources), len(market.steps)))
    unserved = np.zeros(len(market.steps))
    for place, step in enumerate(market.steps):
        need = max(market.course.load[step] - market.course.photovoltaics[step], 0)
        supply[:, place], unserved[place] = _served(market, step, need, rows)
    return _without_battery(market, supply, unserved)


def one_source(market: Market) -> Outcome:
    """The cheapest single source that can serve the load; where none can, of those that serve
    most."""
    outcomes = [merit_order(market, [row]) for row in range(len(market.site.sources))]
    left = [round(float(outcome.unserved.sum() * STEP_H), 1) for outcome in outcomes]
    able = [row for row, kwh in enumerate(left) if kwh == min(left)]
    best = min(able, key=lambda row: cost_of(market, outcomes[row], 0))
    outcomes[best].source = market.site.sources[best].name
    return outcomes[best]


def threshold_rule(market: Market) -> Outcome:
    """Charge while the price is among the day's lowest quarter, discharge in the highest."""
    battery = market.site.battery or NO_BATTERY
    best = market.prices.min(axis=0)
    days = np.array([at.toordinal() for at in market.course.local])
    limits = {day: np.quantile(best[days == day], [CHEAP, DEAR]) for day in np.unique(days)}
    steps = len(market.steps)
    supply, unserved = np.zeros((len(market.site.sources), steps)), np.zeros(steps)
    charge, discharge = np.zeros(steps), np.zeros(steps)
    stored = battery.capacity_kwh * battery.soc_start
    for place, step in enumerate(market.steps):
        rest = market.course.load[step] - market.course.photovoltaics[step]
        low, high = limits[days[step]]
        wanted = battery.charge_kw if best[step] < low else max(-rest, 0)
        room = (battery.capacity_kwh * battery.soc_max - stored) / battery.efficiency / STEP_H
        free = min(market.caps[:, step].sum(), market.site.site_limit_kw) - rest
        charge[place] = max(min(wanted, battery.charge_kw, room, free), 0)
        if best[step] > high and rest > 0:
            there = (stored - battery.capacity_kwh * battery.soc_min) * battery.efficiency / STEP_H
            discharge[place] = max(min(battery.discharge_kw, there, rest), 0)
            charge[place] = 0
        stored += (
            charge[place] * battery.efficiency - discharge[place] / battery.efficiency
        ) * STEP_H
        need = max(rest + charge[place] - discharge[place], 0)
        supply[:, place], unserved[place] = _served(market, step, need)
    return Outcome(supply, charge, discharge, unserved, stored)


def _served(
    market: Market, step: int, need: float, rows: Sequence[int] | None = None
) -> tuple[Series, float]:
    """What each source gives of `need`, in the order of price, and what nobody can."""
    caps = market.caps[:, step].copy()
    if rows is not None:
        caps[[row for row in range(len(caps)) if row not in rows]] = 0
    given = in_order(market.prices[:, step], caps, min(need, market.site.site_limit_kw))
    return given, need - given.sum()


def _without_battery(market: Market, supply: Series, unserved: Series) -> Outcome:
    battery = market.site.battery or NO_BATTERY
    nothing = np.zeros(len(market.steps))
    return Outcome(supply, nothing, nothing, unserved, battery.capacity_kwh * battery.soc_start)


# --- policies with a plan


def perfect_foresight(market: Market, end_value: float) -> Outcome:
    """One plan over all, knowing all."""
    counted = slice(market.first, None)
    months = market.months[counted] - market.months[market.first]
    planner = Planner(market.site, len(market.steps), [int(month) for month in months])
    battery = market.site.battery or NO_BATTERY
    plan = planner.plan(
        Outlook(
            load=market.course.load[counted],
            photovoltaics=market.course.photovoltaics[counted],
            prices=market.prices[:, counted],
            caps=market.caps[:, counted],
            stored=battery.capacity_kwh * battery.soc_start,
            end_value=end_value,
        )
    )
    return Outcome(plan.supply, plan.charge, plan.discharge, plan.unserved, float(plan.stored[-1]))


@dataclass(slots=True)
class Optimiser:
    """Plans every quarter of an hour for the next 36 hours, from what is known then."""

    market: Market
    cpu_ms: list[float] = field(default_factory=list)
    _load: LoadForecast = field(default_factory=LoadForecast)
    _sun: SunForecast = field(default_factory=SunForecast)
    _adviser: Adviser = field(default_factory=Adviser)

    def run(self, progress: Progress = lambda _: None) -> Outcome:
        market = self.market
        battery = market.site.battery or NO_BATTERY
        planner = Planner(market.site, HORIZON)
        ahead = _Ahead(market)
        for step in range(market.first):
            self._see(step, ahead)
        count = len(market.steps)
        taken = [np.zeros(count) for _ in range(3)]
        supply = np.zeros((len(market.site.sources), count))
        stored, peaks = battery.capacity_kwh * battery.soc_start, Peaks(market)
        for place, step in enumerate(market.steps):
            outlook = self._outlook(step, ahead, stored, peaks)
            begun = time.process_time()
            plan = planner.plan(replace(outlook, content=self._advice(step, outlook, ahead)))
            self.cpu_ms.append((time.process_time() - begun) * 1000)
            supply[:, place] = plan.supply[:, 0]
            for series, now in zip(
                taken, (plan.charge, plan.discharge, plan.unserved), strict=True
            ):
                series[place] = now[0]
            stored = float(plan.stored[0])
            peaks.see(step, supply[:, place])
            self._see(step, ahead)
            if place % STEPS_A_DAY == 0:
                progress(place / count)
        charge, discharge, unserved = taken
        return Outcome(supply, charge, discharge, unserved, stored)

    def _see(self, step: int, ahead: "_Ahead") -> None:
        weekday, quarter = ahead.weekdays[step], ahead.quarters[step]
        self._load.see(weekday, quarter, self.market.course.load[step])
        self._sun.see(ahead.days[step], quarter, self.market.course.photovoltaics[step])

    def _advice(self, step: int, outlook: Outlook, ahead: "_Ahead") -> float | None:
        coming = slice(step, step + HORIZON)
        loads = self._load.each_ahead(
            ahead.weekdays[coming], ahead.quarters[coming], outlook.load[0]
        )
        return self._adviser.content_after(self.market.site, outlook, loads, step)

    def _outlook(self, step: int, ahead: "_Ahead", stored: float, peaks: "Peaks") -> Outlook:
        market, coming = self.market, slice(step, step + HORIZON)
        prices = ahead.prices(step)
        battery = market.site.battery or NO_BATTERY
        month = market.months[step]
        turns = (
            int(np.argmax(ahead.months[coming] != month))
            if (ahead.months[coming] != month).any()
            else None
        )
        return Outlook(
            load=self._load.ahead(
                ahead.weekdays[coming], ahead.quarters[coming], market.course.load[step]
            ),
            photovoltaics=self._sun.ahead(
                ahead.days[step], ahead.quarters[coming], market.course.photovoltaics[step]
            ),
            prices=prices,
            caps=ahead.caps[:, coming],
            stored=stored,
            end_value=value_of_rest(prices, battery),
            peaks=peaks.aimed_at(step) if market.site.charges_for_peaks else None,
            month_ends=turns,
            reserve=RESERVE * battery.capacity_kwh if market.site.charges_for_peaks else 0.0,
        )


class _Ahead:
    """The calendar of a course and a horizon beyond its end."""

    def __init__(self, market: Market) -> None:
        course = market.course
        step = course.at[1] - course.at[0]
        at = [*course.at, *(course.at[-1] + n * step for n in range(1, HORIZON + 1))]
        local = [instant.astimezone(market.site.zone) for instant in at]
        self._market, self._at, self._local = market, at, local
        self.weekdays, self.quarters = slots_of(local)
        self.days = np.array([instant.toordinal() for instant in local])
        self.caps = import_limits(market.site, local)
        self.months = np.array([one.year * 12 + one.month for one in local])
        self.months -= self.months[0]
        nothing = np.zeros(len(at))
        self._firm = np.stack([prices_of(one, local, nothing) for one in market.site.sources])
        self._index = {instant: number for number, instant in enumerate(at)}

    def prices(self, step: int) -> Series:
        """Of each source, over the horizon; day-ahead prices as far as they are known."""
        course = self._market.course
        known = known_until(self._local[step]).astimezone(self._at[0].tzinfo)
        until = min(self._index.get(known, len(course.at)), len(course.at))
        past = course.spot[max(step - 7 * STEPS_A_DAY, 0) : step]
        spot = prices_ahead(past, course.spot[step:until], HORIZON)
        return np.stack(
            [
                spot + one.contract.adder_eur_kwh
                if isinstance(one.contract, Spot)
                else self._firm[row, step : step + HORIZON]
                for row, one in enumerate(self._market.site.sources)
            ]
        )


class Peaks:
    """The highest power of each source in the month so far, and what is aimed at: what would
    have been best in the month before."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._month = -1
        self._highest = np.zeros(len(market.site.sources))
        self._target = np.zeros(len(market.site.sources))

    def see(self, step: int, supply: Series) -> None:
        self._highest = np.maximum(self._highest, supply)

    def aimed_at(self, step: int) -> Series:
        month = int(self._market.months[step])
        if month != self._month:
            self._month = month
            self._highest = np.zeros_like(self._highest)
            self._target = self._best_before(step)
        return np.maximum(self._highest, self._target)

    def _best_before(self, step: int) -> Series:
        """The peaks of the best plan for the whole month before, as one knows it afterwards."""
        market = self._market
        before = np.flatnonzero(market.months[:step] == self._month - 1)
        if len(before) < LEAST_HISTORY:
            return np.zeros(len(market.site.sources))
        battery = market.site.battery or NO_BATTERY
        month = slice(int(before[0]), int(before[-1]) + 1)
        return best_peaks(
            market.site,
            Outlook(
                load=market.course.load[month],
                photovoltaics=market.course.photovoltaics[month],
                prices=market.prices[:, month],
                caps=market.caps[:, month],
                stored=battery.capacity_kwh * battery.soc_start,
                end_value=value_of_rest(market.prices[:, month], battery),
            ),
        )


def backtest(
    site: Site, course: Course, begins: datetime | None = None, progress: Progress = lambda _: None
) -> Mapping[str, object]:
    """Every policy's figures over a course, from an instant on; before is history."""
    first = next((n for n, at in enumerate(course.at) if begins is None or at >= begins), 0)
    market = Market.of(site, course, first)
    end_value = end_value_of(market)
    optimiser = Optimiser(market)
    outcomes = {
        "one_source": one_source(market),
        "merit_order": merit_order(market),
        "threshold_rule": threshold_rule(market),
        "optimiser": optimiser.run(progress),
        "perfect_foresight": perfect_foresight(market, end_value),
    }
    costs = {name: cost_of(market, outcome, end_value) for name, outcome in outcomes.items()}
    worth = costs["merit_order"] - costs["perfect_foresight"]
    captured = (costs["merit_order"] - costs["optimiser"]) / worth if worth > 0 else None
    return {
        "policies": {
            name: report_on(market, outcome, end_value) for name, outcome in outcomes.items()
        },
        "captured_share": None if captured is None else round(captured, 4),
        "cpu_ms_per_plan": {
            "p50": round(float(np.quantile(optimiser.cpu_ms, 0.5)), 2),
            "p95": round(float(np.quantile(optimiser.cpu_ms, 0.95)), 2),
        },
    }
