"""Demand charges: the month's peak so far, and the one that is aimed at."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from cpms.kernel.zones import zone_of
from energy.domain.calendar import STEP, Series
from energy.domain.dispatch import LEAST_HISTORY, NO_BATTERY, Outlook, best_peaks, value_of_rest
from energy.domain.site import Site
from energy.models import DispatchStep, MonthPeak
from energy.selectors import outlook as looking
from stations.models import Location


def aimed_at(
    location: Location, sources: Sequence[looking.Sourced], site: Site, now: datetime
) -> Series:
    """For each source the highest kW of this month so far, or what would have been best in the
    month before: worked out once, when the month begins."""
    month = _month_of(location, now)
    rows = {row.source_id: row for row in MonthPeak.objects.filter(
        source__location=location, month=month
    )}  # fmt: skip
    if any(one.row.pk not in rows for one in sources):
        targets = _best_before(location, sources, site, month)
        for one, target in zip(sources, targets, strict=True):
            rows[one.row.pk], _ = MonthPeak.objects.get_or_create(
                source=one.row, month=month, defaults={"target_kw": float(target)}
            )
    found = [rows[one.row.pk] for one in sources]
    return np.array([max(row.reached_kw, row.target_kw) for row in found])


def note_peaks(location: Location, steps: looking.Steps) -> None:
    """What was decided for the quarter that has just ended counts for its month."""
    before = DispatchStep.objects.filter(location=location, starts_at=steps.begins - STEP).first()
    if before is None:
        return
    rows = MonthPeak.objects.filter(
        source__location=location, month=_month_of(location, before.starts_at)
    )
    for row in rows:
        reached = float(before.supply.get(str(row.source_id), 0.0))
        if reached > row.reached_kw:
            MonthPeak.objects.filter(pk=row.pk).update(reached_kw=reached)


def _month_of(location: Location, at: datetime) -> date:
    return at.astimezone(zone_of(location.time_zone)).date().replace(day=1)


def _best_before(
    location: Location, sources: Sequence[looking.Sourced], site: Site, month: date
) -> Series:
    zone = zone_of(location.time_zone)
    ends = datetime.combine(month, datetime.min.time(), zone)
    begins = datetime.combine((month - timedelta(days=1)).replace(day=1), ends.time(), zone)
    steps = looking.Steps(
        looking.in_utc(begins), (looking.in_utc(ends) - looking.in_utc(begins)) // STEP, zone
    )
    load = looking.load_between(location, steps)
    seen = np.flatnonzero(load)
    if not len(seen) or len(load) - seen[0] < LEAST_HISTORY:
        return np.zeros(len(sources))
    prices = looking.prices_over(sources, steps)
    battery = site.battery or NO_BATTERY
    outlook = Outlook(
        load=load,
        photovoltaics=np.zeros(steps.count),
        prices=prices,
        caps=looking.caps_of(sources, steps, wishes=False),
        stored=battery.capacity_kwh * battery.soc_start,
        end_value=value_of_rest(prices, battery),
    )
    return best_peaks(site, outlook)
