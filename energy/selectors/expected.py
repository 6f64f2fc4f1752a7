"""What is expected of a location's next hours: what cars and the building will take, and what
photovoltaics will give. Learned from what was measured."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from booking.domain.forecast import Occupation, free_at
from booking.enums import SessionStatus
from booking.models import ChargingSession
from cpms.kernel.zones import zone_of
from energy.domain.calendar import STEP, Series
from energy.domain.forecasting import LoadForecast, SunForecast, slots_of
from energy.domain.series import spread
from energy.selectors.measured import (
    building_between,
    is_fresh,
    meters_of_sun,
    sun_between,
)
from energy.selectors.outlook import Steps
from stations.models import Location
from stations.selectors import type_of

HISTORY = timedelta(days=35)  # that the usual load is learned from
LATELY = 4  # quarters back that still tell what the building takes now


@dataclass(frozen=True, slots=True)
class Usual:
    """What cars and the building take at each time of the week."""

    cars: LoadForecast
    building: LoadForecast


def load_between(location: Location, steps: Steps) -> Series:
    """What cars took, in kW: each session's energy evenly over its time."""
    load = np.zeros(steps.count)
    sessions = ChargingSession.objects.filter(
        evse__location=location, started_at__lt=steps.ends, energy_wh__gt=0
    ).exclude(ended_at__lte=steps.begins)
    for begins, ended_at, seen_at, wh in sessions.values_list(
        "started_at", "ended_at", "last_meter_at", "energy_wh"
    ):
        length = max(((ended_at or seen_at or begins) - begins) / STEP, 1.0)
        spread(load, (begins - steps.begins) / STEP, length, wh / 1000)
    return load


def usual_load(location: Location, now: datetime) -> Usual:
    """What the last weeks, up to midnight, tell of load."""
    zone = zone_of(location.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = midnight.astimezone(UTC)
    begins = ends - HISTORY
    whole = Steps(begins, (ends - begins) // STEP, zone)
    first = (
        ChargingSession.objects.filter(evse__location=location, started_at__range=(begins, ends))
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first()
    )
    usual = Usual(LoadForecast(), LoadForecast(caution=1.0))
    if first is not None:
        begins += (first - begins) // timedelta(days=1) * timedelta(days=1)
        steps = Steps(begins, (ends - begins) // STEP, zone)
        _learn(usual.cars, steps, load_between(location, steps))
    building = building_between(location, whole.begins, whole.count)
    if building is not None:
        _learn(usual.building, whole, building)
    return usual


def _learn(forecast: LoadForecast, steps: Steps, load: Series) -> None:
    """What was not measured teaches nothing."""
    for weekday, quarter, kw in zip(*slots_of(steps.local), load, strict=True):
        if not np.isnan(kw):
            forecast.see(weekday, quarter, kw)


@dataclass(frozen=True, slots=True)
class Charging:
    """What the cars that are there take: now, and in the coming steps as long as they stay."""

    now_kw: float
    ahead: Series


def charging_at(location: Location, steps: Steps, now: datetime) -> Charging:
    """Each takes what it takes now until it has what it needs, leaves, or stayed as long as one
    usually does."""
    ahead, now_kw = np.zeros(steps.count), 0.0
    running = (
        ChargingSession.objects.filter(evse__location=location, status=SessionStatus.ACTIVE)
        .select_related("evse", "preferences")
        .prefetch_related("evse__connectors")
    )
    for session in running:
        kw = max(session.power_w or 0, 0) / 1000
        now_kw += kw
        if kw:
            ahead[steps.span(steps.begins, _stays_until(session, kw, now))] += kw
    return Charging(now_kw, ahead)


def _stays_until(session: ChargingSession, kw: float, now: datetime) -> datetime:
    wanted = getattr(session, "preferences", None)
    until = free_at(type_of(session.evse), Occupation(session.started_at, session.soc_percent), now)
    if wanted is not None and wanted.departs_at is not None:
        until = wanted.departs_at
    if wanted is not None and wanted.energy_need_wh is not None:
        missing = max(wanted.energy_need_wh - session.energy_wh, 0) / 1000
        until = min(until, now + timedelta(hours=missing / kw))
    return max(until, now)


def cars_ahead(usual: LoadForecast, charging: Charging, steps: Steps) -> Series:
    """The usual load, and no less than what the cars that are there will take."""
    if not usual.has_seen_a_day:
        return charging.ahead
    weekdays, quarters = slots_of(steps.local)
    load: Series = np.maximum(usual.ahead(weekdays, quarters, charging.now_kw), charging.ahead)
    return load


def each_of_cars_ahead(usual: LoadForecast, charging: Charging, steps: Steps) -> Series:
    """The loads that may come, a row each, all as likely; none less than what the cars that are
    there will take."""
    if not usual.has_seen_a_day:
        return charging.ahead[None]
    each = usual.each_ahead(*slots_of(steps.local), charging.now_kw)
    loads: Series = np.maximum(each, charging.ahead)
    return loads


def building_ahead(location: Location, usual: LoadForecast, steps: Steps) -> Series | None:
    """From what it took last on. None: the supply is not metered, so nobody can tell."""
    lately = building_between(location, steps.begins - LATELY * STEP, LATELY)
    if lately is None:
        return None
    known = lately[~np.isnan(lately)]
    weekdays, quarters = slots_of(steps.local)
    return usual.ahead(weekdays, quarters, float(known[-1]) if len(known) else None)


def sun_ahead(location: Location, steps: Steps, now: datetime) -> Series:
    """What photovoltaics are expected to give: nothing where none is metered."""
    meters = meters_of_sun(location)
    if not meters:
        return np.zeros(steps.count)
    forecast, behind = SunForecast(), timedelta(days=SunForecast.DAYS) // STEP
    past = Steps(steps.begins - behind * STEP, behind, steps.zone)
    local = [*past.local, *steps.local]
    _, quarters = slots_of(local)
    power = sun_between(location, past.begins, past.count)
    for at, quarter, kw in zip(past.local, quarters[:behind], power, strict=True):
        forecast.see(at.toordinal(), quarter, kw)
    powers = [one.power_kw or 0.0 for one in meters if is_fresh(one, now)]
    known = max(sum(powers), 0.0) if len(powers) == len(meters) else None
    return forecast.ahead(steps.local[0].toordinal(), quarters[behind:], known)
