"""What energy in a battery is worth when one does not know which cars will come.

A plan for the expected load knows too much: it charges for exactly that load. Here the load of
each coming quarter is one of several, independent of the quarter before, and what is done about
it is decided when it is there. Going back from the end, a content costs the mean, over the loads,
of the best that can be made of it: stochastic dynamic programming, the "water values" of hydro
power.

The best is a merit order. What a quarter's supply can still give, what a discharge would save,
and what each kWh of content is worth later: all are convex, so sorting their slopes together
finds the best for every content at once.
"""

from dataclasses import dataclass, field

import numpy as np

from energy.domain.calendar import STEP_H, STEPS_A_DAY, Series
from energy.domain.dispatch import NO_BATTERY, UNSERVED_EUR_KWH, Outlook
from energy.domain.site import Site

AHEAD = STEPS_A_DAY  # steps after which what is left is worth what the outlook says
CONTENTS = 31  # of the battery for which the worth is known; between them it is a straight line
PLACES = 9  # of EUR
REPLACED_AFTER = 4  # steps: what is expected of load and sun has changed by then


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What the battery can do, from its fullest charge to its fullest discharge: kWh of content,
    and by how much costs change for a kWh that it holds less. The last axis is what is done."""

    kwh: Series
    slopes: Series
    most_gained: Series  # kWh of content
    cost_of_most: Series  # EUR


class Worth:
    """What each content of the battery makes the coming steps cost, up to a constant.

    `loads` has a row for each load that may come, all as likely."""

    def __init__(self, site: Site, outlook: Outlook, loads: Series) -> None:
        battery = site.battery or NO_BATTERY
        self._site, self._outlook = site, outlook
        self._contents = np.linspace(
            battery.capacity_kwh * battery.soc_min, battery.capacity_kwh * battery.soc_max, CONTENTS
        )
        loads = loads[:, :AHEAD]
        steps = loads.shape[1]
        self._after = np.empty((steps, CONTENTS))  # what is still to pay after each step
        self._after[-1] = -outlook.end_value * self._contents
        self._go_back(_exchange(site, outlook, loads))

    def holds_for(self, site: Site, outlook: Outlook, later: int) -> bool:
        """Whether this is still what the site pays and may draw, so many steps later."""
        steps = len(self._after) - later
        return site == self._site and all(
            np.array_equal(now[:, :steps], then[:, later : later + steps])
            for now, then in (
                (outlook.prices, self._outlook.prices),
                (outlook.caps, self._outlook.caps),
            )
        )

    def content_after(self, outlook: Outlook, later: int) -> float:
        """KWh that the battery should hold after the first step of an outlook, whose load is
        known, and which begins so many steps later than the one this was made from."""
        after, width = self._after[later], self._contents[1] - self._contents[0]
        now = _exchange(self._site, outlook, outlook.load[None, :1])
        order = now.slopes[0, 0].argsort()
        kwh, slopes = now.kwh[0, 0][order], now.slopes[0, 0][order]
        reached = outlook.stored + now.most_gained[0, 0] - _summed(kwh)
        within = (self._contents > reached[-1]) & (self._contents < reached[0])
        least, most = (
            min(self._contents[0], outlook.stored),
            max(self._contents[-1], outlook.stored),
        )
        choices = np.concatenate([[outlook.stored], reached, self._contents[within]])
        choices = np.sort(choices[(choices >= least) & (choices <= most)])
        costs = np.interp(choices, reached[::-1], _summed(kwh * slopes)[::-1])
        costs += np.interp(choices, self._contents, after)
        costs += np.minimum(choices - self._contents[0], 0) * (after[1] - after[0]) / width
        # Of what costs the same the least content: sell now, buy later.
        return float(choices[np.argmin(costs.round(PLACES))])

    def _go_back(self, exchange: _Exchange) -> None:
        """From the last step to the first. The loads lie in one line, a row behind the other, so
        that few calls do a step: all that does not hang on what comes after is said before."""
        loads, steps, _ = exchange.kwh.shape
        contents, cells = self._contents, CONTENTS - 1
        width = contents[1] - contents[0]
        later = np.full((loads, steps, cells), width)
        kwh = np.moveaxis(np.concatenate([later, exchange.kwh], axis=2), 1, 0).copy()
        slopes = np.moveaxis(np.concatenate([later, exchange.slopes], axis=2), 1, 0).copy()
        behind = _summed(kwh.sum(axis=2))[:, :-1]
        wanted = contents - contents[0] + (exchange.most_gained.T + behind)[:, :, None]
        fixed = exchange.cost_of_most.mean(axis=0)
        row = kwh.shape[2]
        begins = np.arange(loads) * row
        at, paid = np.zeros((2, loads * row + 1))
        for step in range(steps - 1, 0, -1):
            after = self._after[step]
            slopes[step, :, :cells] = (after[1:] - after[:-1]) / width
            order = (slopes[step].argsort(axis=1) + begins[:, None]).reshape(-1)
            lengths = kwh[step].take(order)
            np.cumsum(lengths, out=at[1:])
            np.cumsum(lengths * slopes[step].take(order), out=paid[1:])
            found = np.interp(wanted[step].reshape(-1), at, paid).reshape(loads, CONTENTS)
            total = found.sum(axis=0) - paid[begins].sum()
            self._after[step - 1] = total / loads + (fixed[step] + after[0])


@dataclass(slots=True)
class Adviser:
    """Says what a battery should hold next; works its worth out anew when prices or limits are
    others, and every hour."""

    _worth: Worth | None = field(default=None)
    _made_at: int = 0

    def content_after(self, site: Site, outlook: Outlook, loads: Series, at: int) -> float | None:
        """KWh after the outlook's first step, which is number `at`. None: it is left to the plan,
        which alone knows of peaks and reserves."""
        if site.battery is None or site.keeps_reserve:
            return None
        later = at - self._made_at
        worth = self._worth
        if worth is None or not (
            0 <= later < REPLACED_AFTER and worth.holds_for(site, outlook, later)
        ):
            worth, later = Worth(site, outlook, loads), 0
            self._worth, self._made_at = worth, at
        return worth.content_after(outlook, later)


def _exchange(site: Site, outlook: Outlook, loads: Series) -> _Exchange:
    """For each load and step. The sun is a source for nothing; load that is not served is one
    that only saves."""
    battery, steps = site.battery or NO_BATTERY, loads.shape[1]
    prices, caps = _offers(site, outlook, steps)
    kept = np.concatenate([np.zeros((1, steps)), caps.cumsum(axis=0)[:-1]])
    used = np.clip(loads[:, None] - kept, 0, caps)
    spare = np.where(np.isinf(caps), 0, caps - used)
    discharge_kw = np.where(outlook.prices[:, :steps].min(axis=0) < 0, 0, battery.discharge_kw)
    charged = _up_to(spare, battery.charge_kw) * battery.efficiency * STEP_H
    given = _up_to(used[:, ::-1], discharge_kw)[:, ::-1] / battery.efficiency * STEP_H
    wear = battery.wear_eur_kwh / 2
    to_charge = np.broadcast_to((prices + wear) / battery.efficiency, charged.shape)
    to_give = np.broadcast_to((prices - wear) * battery.efficiency, given.shape)
    return _Exchange(
        kwh=np.moveaxis(np.concatenate([charged, given], axis=1), 1, -1),
        slopes=-np.moveaxis(np.concatenate([to_charge, to_give], axis=1), 1, -1),
        most_gained=charged.sum(axis=1),
        cost_of_most=(charged * to_charge).sum(axis=1),
    )


def _offers(site: Site, outlook: Outlook, steps: int) -> tuple[Series, Series]:
    """Prices and kW of all that can serve load, the cheapest first in each step."""
    prices, caps = outlook.prices[:, :steps], np.maximum(outlook.caps[:, :steps], 0)
    order = np.argsort(prices, axis=0, kind="stable")
    prices, caps = (np.take_along_axis(series, order, axis=0) for series in (prices, caps))
    caps = np.diff(np.minimum(caps.cumsum(axis=0), site.site_limit_kw), axis=0, prepend=0)
    prices = np.concatenate([np.zeros((1, steps)), prices, np.full((1, steps), UNSERVED_EUR_KWH)])
    caps = np.concatenate([outlook.photovoltaics[None, :steps], caps, np.full((1, steps), np.inf)])
    order = np.argsort(prices, axis=0, kind="stable")
    return np.take_along_axis(prices, order, axis=0), np.take_along_axis(caps, order, axis=0)


def _up_to(kw: Series, most: Series | float) -> Series:
    """Of what is offered in an order (the second axis), as much as may be taken at all."""
    taken = np.minimum(kw.cumsum(axis=1), most)
    return np.diff(taken, axis=1, prepend=0)


def _summed(series: Series) -> Series:
    """The sums up to each place, from nothing on."""
    sums = np.zeros((*series.shape[:-1], series.shape[-1] + 1))
    np.cumsum(series, axis=-1, out=sums[..., 1:])
    return sums
