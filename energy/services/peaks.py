"""Demand charges: the month's peak so far, and the one that is aimed at."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db.models import Max

from cpms.kernel.zones import zone_of
from energy.domain.calendar import STEP, Series
from energy.domain.dispatch import LEAST_HISTORY, NO_BATTERY, Outlook, best_peaks, value_of_rest
from energy.domain.site import Site
from energy.models import DispatchStep, MonthPeak, SiteMeter, SupplySource
from energy.selectors import expected, measured
from energy.selectors import outlook as looking
from energy.selectors.supply import sources_of
from stations.models import Location

LONGEST_SILENCE = timedelta(days=2)  # some meters are sent once a day


def month_peaks(
    location: Location, sources: Sequence[looking.Sourced], site: Site, steps: looking.Steps
) -> list[MonthPeak]:
    """The peak of each source in this month, up to the quarters that are over. What is aimed at is
    worked out once, when the month begins."""
    month = _month_of(location, steps.begins)
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
    for row, one in zip(found, sources, strict=True):
        _count(row, one.row, steps)
    return found


def aimed_at(peaks: Sequence[MonthPeak]) -> Series:
    """What each source may draw without the month becoming dearer than it must."""
    return np.array([max(row.reached_kw, row.target_kw) for row in peaks])


def _count(peak: MonthPeak, source: SupplySource, steps: looking.Steps) -> None:
    """Look at the quarters since the last look: as far as the source's meters were read, or, where
    it has none or they fell silent, all that are over, by what sessions took."""
    meters = measured.meters_of_source(source)
    read_until = [_read_until(one) for one in meters]
    is_metered = bool(meters) and min(read_until) > steps.begins - LONGEST_SILENCE
    begins = peak.counted_until or _first_of(peak.month, steps)
    ends = min([steps.begins, *read_until]) if is_metered else steps.begins
    count = max((ends - begins) // STEP, 0)
    if not count:
        return
    if is_metered:
        power = measured.metered_import(meters, begins, count)
    else:
        power, peak.is_estimated = _estimated(source, begins, count), True
    peak.reached_kw = max(peak.reached_kw, round(float(power.max()), 3))
    peak.counted_until = begins + count * STEP
    peak.save(update_fields=["reached_kw", "counted_until", "is_estimated"])


def _first_of(month: date, steps: looking.Steps) -> datetime:
    return looking.in_utc(datetime.combine(month, datetime.min.time(), steps.zone))


def _read_until(meter: SiteMeter) -> datetime:
    """Long ago for one that was never read."""
    newest: datetime | None = meter.readings.aggregate(at=Max("at"))["at"]
    return newest or datetime.min.replace(tzinfo=UTC)


def _estimated(source: SupplySource, begins: datetime, count: int) -> Series:
    """Its part of what the site must have drawn: as was planned, else by what each may give."""
    drawn = measured.drawn_between(source.location, begins, count)
    whole = sum(one.import_limit_kw for one in sources_of(source.location))
    parts = np.full(count, source.import_limit_kw / whole if whole else 0.0)
    planned = DispatchStep.objects.filter(
        location=source.location, starts_at__gte=begins, starts_at__lt=begins + count * STEP
    )
    for starts_at, supply in planned.values_list("starts_at", "supply"):
        if together := sum(supply.values()):
            parts[(starts_at - begins) // STEP] = supply.get(str(source.pk), 0.0) / together
    found: Series = drawn * parts
    return found


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
    load = expected.load_between(location, steps)
    building = measured.building_between(location, steps.begins, steps.count)
    if building is not None:
        load += np.nan_to_num(building)
    seen = np.flatnonzero(load)
    if not len(seen) or len(load) - seen[0] < LEAST_HISTORY:
        return np.zeros(len(sources))
    prices = looking.prices_over(sources, steps)
    battery = site.battery or NO_BATTERY
    outlook = Outlook(
        load=load,
        photovoltaics=np.nan_to_num(measured.sun_between(location, steps.begins, steps.count)),
        prices=prices,
        caps=looking.caps_of(sources, steps, wishes=False),
        stored=battery.capacity_kwh * battery.soc_start,
        end_value=value_of_rest(prices, battery),
    )
    return best_peaks(site, outlook)
