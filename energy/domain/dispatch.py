"""From which source each kilowatt-hour comes: the cheapest plan over the next hours.

A linear program in HiGHS. Nothing in it is hard that could make it infeasible: load that cannot
be served has a price. A `Planner` keeps its model and its last basis, so the next plan costs a
fraction of the first. Power in kW, energy in kWh, money in EUR; steps of 15 minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from energy.domain.calendar import STEP_H, STEPS_A_DAY, Series
from energy.domain.site import Battery, Site

UNSERVED_EUR_KWH = 10.0
RESERVE_EUR_KWH = 0.05  # for each hour below it: more than trading earns, less than a peak costs
VALUED_AT = 0.35  # quantile of known prices that what is left in the battery is worth
RESERVE = 0.6  # of the capacity, where peaks are charged for
LEAST_HISTORY = 14 * STEPS_A_DAY  # from which a month's target is learned
INFINITE = highspy.kHighsInf
NO_BATTERY = Battery(0, 0, 0, 1, 0, 0, 0, 0)
Indices = npt.NDArray[np.int32]


class NoPlan(Exception):
    """HiGHS found none, which no input should bring about."""


@dataclass(slots=True)
class Outlook:
    """What is known or expected of the coming steps. Rows of `prices` and `caps` are sources.

    `stored` is what is in the battery now; `end_value` what a kWh left in it at the end is worth.
    `peaks` are the highest kW of each source in this month so far, or what is aimed at; steps
    from `month_ends` on belong to the next month. `reserve` is kept for peaks, in kWh. `content` is
    what the battery shall hold after the first step, in kWh, where that is decided already.
    """

    load: Series
    photovoltaics: Series
    prices: Series
    caps: Series
    stored: float = 0.0
    end_value: float = 0.0
    peaks: Series | None = None
    month_ends: int | None = None
    reserve: float = 0.0
    content: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Power of each source (a row each), of the battery, of what is curtailed and not served;
    the battery's content after each step. `shadow` is what one more kWh would cost, in EUR."""

    supply: Series
    charge: Series
    discharge: Series
    stored: Series
    curtailed: Series
    unserved: Series
    shadow: Series


def value_of_rest(prices: Series, battery: Battery) -> float:
    """What a kWh left in the battery is worth: what it replaces where prices are low."""
    return float(battery.efficiency * np.quantile(prices.min(axis=0), VALUED_AT))


def best_peaks(site: Site, outlook: Outlook) -> Series:
    """The highest kW of each source in the best plan for a whole month, as one knows it
    afterwards: what to aim at in the next one."""
    plan = Planner(site, len(outlook.load)).plan(outlook)
    highest: Series = plan.supply.max(axis=1)
    return highest


def in_order(prices: Series, caps: Series, need: float) -> Series:
    """What each source gives of `need` in a step, the cheapest first."""
    given, left = np.zeros(len(prices)), need
    for row in np.argsort(prices, kind="stable"):
        given[row] = min(left, caps[row])
        left -= given[row]
    return given


class Planner:
    """Plans for one site over a horizon of so many steps. `months` numbers the month of each
    step, where a plan spans several."""

    def __init__(self, site: Site, steps: int, months: Sequence[int] = ()) -> None:
        self._site, self._steps = site, steps
        self._battery = site.battery or NO_BATTERY
        self._sources = len(site.sources)
        self._layout = _Layout.of(site, steps, np.array(months or [0] * steps, dtype=np.int32))
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off")):
            self._highs.setOptionValue(option, value)
        self._highs.passModel(_model(site, self._layout))

    def plan(self, outlook: Outlook) -> Plan:
        """Raises NoPlan."""
        self._say(outlook)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NoPlan(str(self._highs.getModelStatus()))
        solution = self._highs.getSolution()
        values, at = np.asarray(solution.col_value), self._layout
        return Plan(
            supply=values[at.supply].reshape(self._sources, self._steps),
            charge=values[at.charge],
            discharge=values[at.discharge],
            stored=values[at.stored],
            curtailed=values[at.curtailed],
            unserved=values[at.unserved],
            shadow=np.asarray(solution.row_dual)[: self._steps] / STEP_H,
        )

    def _say(self, outlook: Outlook) -> None:
        """Put what is known now into the model."""
        highs, steps, at = self._highs, self._steps, self._layout
        costs = outlook.prices.reshape(-1) * STEP_H
        highs.changeColsCost(len(costs), at.supply, costs)
        highs.changeColCost(int(at.stored[-1]), -outlook.end_value)
        self._bound(at.supply, np.maximum(outlook.caps, 0).reshape(-1))
        self._bound(at.curtailed, outlook.photovoltaics)
        self._bound(at.unserved, np.maximum(outlook.load, 0))
        self._bound(at.discharge, self._discharge_limits(outlook.prices))
        rest = outlook.load - outlook.photovoltaics
        highs.changeRowsBounds(steps, np.arange(steps, dtype=np.int32), rest, rest)
        highs.changeRowBounds(steps, outlook.stored, outlook.stored)
        self._bound_stored(outlook.stored)
        if outlook.content is not None:
            highs.changeColBounds(int(at.stored[0]), outlook.content, outlook.content)
        if len(at.short):
            self._say_reserve(outlook.reserve)
        if len(at.peaks):
            self._say_peaks(outlook)

    def _bound(self, columns: Indices, most: Series) -> None:
        self._highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), most)

    def _discharge_limits(self, prices: Series) -> Series:
        """None while energy is paid for taking it: a model without whole numbers would charge and
        discharge at once to burn it."""
        return np.where(prices.min(axis=0) < 0, 0.0, self._battery.discharge_kw)

    def _say_peaks(self, outlook: Outlook) -> None:
        at, steps = self._layout, self._steps
        if outlook.peaks is not None:
            least = np.repeat(outlook.peaks[at.charged], at.months_count)
            unlimited = np.full(len(least), INFINITE)
            self._highs.changeColsBounds(len(least), at.peaks, least, unlimited)
        most = np.zeros((len(at.charged), steps))
        if outlook.month_ends is not None:
            most[:, outlook.month_ends :] = INFINITE  # another month's peak
        self._say_rows(at.peak_rows, np.full(most.size, -INFINITE), most.reshape(-1))

    def _bound_stored(self, stored: float) -> None:
        """A battery that is emptier or fuller than it should be may be so, but no more."""
        battery, columns = self._battery, self._layout.stored
        least = min(battery.capacity_kwh * battery.soc_min, stored)
        most = max(battery.capacity_kwh * battery.soc_max, stored)
        ones = np.ones(len(columns))
        self._highs.changeColsBounds(len(columns), columns, least * ones, most * ones)

    def _say_reserve(self, reserve: float) -> None:
        at, steps = self._layout, self._steps
        kept = np.full(steps, min(reserve, float(self._battery.capacity_kwh)))
        self._bound(at.short, kept)
        self._say_rows(at.reserve_rows, kept, np.full(steps, INFINITE))

    def _say_rows(self, first: int, least: Series, most: Series) -> None:
        rows = first + np.arange(len(least), dtype=np.int32)
        self._highs.changeRowsBounds(len(rows), rows, least, most)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns and rows are what: blocks of one variable, or one rule, over all steps."""

    steps: int
    supply: Indices
    charge: Indices
    discharge: Indices
    stored: Indices
    curtailed: Indices
    unserved: Indices
    short: Indices  # below the reserve
    peaks: Indices  # of each charged source, a column for each month
    charged: Indices  # the sources with a demand charge
    months: Indices
    columns: int

    @classmethod
    def of(cls, site: Site, steps: int, months: Indices) -> "_Layout":
        charged = [row for row, one in enumerate(site.sources) if one.demand_charge_eur_kw_month]
        months_count = int(months.max()) + 1
        sizes = [len(site.sources) * steps, *[steps] * 5]
        sizes += [steps if site.keeps_reserve else 0, len(charged) * months_count]
        ends = np.cumsum(sizes)
        blocks = [
            np.arange(end - size, end, dtype=np.int32)
            for end, size in zip(ends, sizes, strict=True)
        ]
        sources = np.array(charged, dtype=np.int32)
        return cls(steps, *blocks, sources, months, int(ends[-1]))  # type: ignore[call-arg, arg-type]

    @property
    def months_count(self) -> int:
        return int(self.months.max()) + 1

    @property
    def reserve_rows(self) -> int:
        """The first of them; before come balance, content and limit of the site."""
        return 3 * self.steps

    @property
    def peak_rows(self) -> int:
        return 4 * self.steps


def _model(site: Site, at: _Layout) -> Any:
    """The program with everything that does not change from plan to plan."""
    battery = site.battery or NO_BATTERY
    model = highspy.HighsLp()
    model.num_col_ = at.columns
    costs = np.zeros(at.columns)
    costs[at.charge] = costs[at.discharge] = battery.wear_eur_kwh / 2 * STEP_H
    costs[at.unserved] = UNSERVED_EUR_KWH * STEP_H
    costs[at.short] = RESERVE_EUR_KWH * STEP_H
    charges = [site.sources[row].demand_charge_eur_kw_month for row in at.charged]
    costs[at.peaks] = np.repeat(charges, at.months_count)
    least, most = np.zeros(at.columns), np.full(at.columns, INFINITE)
    most[at.charge], most[at.discharge] = battery.charge_kw, battery.discharge_kw
    least[at.stored] = battery.capacity_kwh * battery.soc_min
    most[at.stored] = battery.capacity_kwh * battery.soc_max
    model.col_cost_, model.col_lower_, model.col_upper_ = costs, least, most
    _add_rows(model, site, at, battery.efficiency)
    return model


def _add_rows(model: Any, site: Site, at: _Layout, efficiency: float) -> None:
    steps, ones = at.steps, np.ones(at.steps)
    t = np.arange(steps, dtype=np.int32)
    supply = at.supply.reshape(len(site.sources), steps)
    entries: list[tuple[Indices, Indices, Series]] = [  # rows, columns, values
        *((t, columns, ones) for columns in supply),
        (t, at.discharge, ones),
        (t, at.charge, -ones),
        (t, at.curtailed, -ones),
        (t, at.unserved, ones),
        (steps + t, at.stored, ones),
        (steps + t[1:], at.stored[:-1], -ones[1:]),
        (steps + t, at.charge, -efficiency * STEP_H * ones),
        (steps + t, at.discharge, STEP_H / efficiency * ones),
        *((2 * steps + t, columns, ones) for columns in supply),
    ]
    least = [np.zeros(2 * steps), np.full(steps, -INFINITE)]
    most = [np.zeros(2 * steps), np.full(steps, site.site_limit_kw)]
    if len(at.short):
        entries += [(at.reserve_rows + t, at.stored, ones), (at.reserve_rows + t, at.short, ones)]
        least, most = [*least, np.zeros(steps)], [*most, np.full(steps, INFINITE)]
    if len(at.charged):
        for place, row in enumerate(at.charged):
            rows = at.peak_rows + place * steps + t
            peaks = at.peaks[place * at.months_count + at.months]
            entries += [(rows, supply[row], ones), (rows, peaks, -ones)]
        count = len(at.charged) * steps
        least, most = [*least, np.full(count, -INFINITE)], [*most, np.zeros(count)]
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    order = np.argsort(rows, kind="stable")
    model.row_lower_, model.row_upper_ = np.concatenate(least), np.concatenate(most)
    model.num_row_ = len(model.row_lower_)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.searchsorted(rows[order], np.arange(model.num_row_ + 1))
    model.a_matrix_.index_, model.a_matrix_.value_ = columns[order], values[order]
