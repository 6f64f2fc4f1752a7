"""What is known and expected of a location's next hours, from its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Q

from booking.domain.forecast import Occupation, free_at
from booking.enums import SessionStatus
from booking.models import ChargingSession
from cpms.kernel.zones import zone_of
from energy.domain import site as plan
from energy.domain.calendar import STEP, Series, prices_of
from energy.domain.forecasting import LoadForecast, prices_ahead, slots_of
from energy.domain.series import spread
from energy.enums import ContractKind, LimitKind, Phase
from energy.models import (
    Battery,
    CapacityLimit,
    EnergyPrice,
    FallbackHold,
    SiteLimit,
    SupplyContract,
    SupplySource,
)
from energy.selectors.batteries import planned_batteries
from stations.models import Location
from stations.selectors import type_of

HORIZON = 144  # steps: 36 hours
HISTORY = timedelta(days=35)  # of sessions that the usual load is learned from
PAST_PRICES = timedelta(days=7)
PRICE_UNKNOWN = 0.25  # per kWh, of a source whose price nobody said
WISHES = (LimitKind.OPTIMUM,)
LIMITS = (LimitKind.IMPORT, LimitKind.FALLBACK_IMPORT)


def in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Steps:
    """Quarters of an hour from `begins` (UTC) on, as they are at the location."""

    begins: datetime
    count: int
    zone: ZoneInfo

    @property
    def ends(self) -> datetime:
        return self.begins + self.count * STEP

    @property
    def local(self) -> list[datetime]:
        return [(self.begins + n * STEP).astimezone(self.zone) for n in range(self.count)]

    def span(self, starts_at: datetime, ends_at: datetime | None) -> slice:
        """The steps that a period touches."""
        first = max((starts_at - self.begins) // STEP, 0)
        last = self.count if ends_at is None else -((self.begins - ends_at) // STEP)
        return slice(first, max(last, first))


def steps_from(location: Location, now: datetime, count: int = HORIZON) -> Steps:
    """From the quarter that has begun on."""
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return Steps(quarter.astimezone(UTC), count, zone_of(location.time_zone))


@dataclass(frozen=True, slots=True)
class Sourced:
    """A source with the contract that holds."""

    row: SupplySource
    contract: SupplyContract | None

    @property
    def currency(self) -> str:
        return self.contract.currency if self.contract else "EUR"

    @property
    def co2_kg(self) -> float:
        grams = self.contract.co2_g_kwh if self.contract else None
        return float("nan") if grams is None else grams / 1000


def sourced(location: Location, now: datetime) -> list[Sourced]:
    """The sources of a location by name, each with its contract."""
    begun = SupplyContract.objects.filter(source__location=location, valid_from__lte=now)
    holding = {one.source_id: one for one in begun.order_by("valid_from")}
    rows = SupplySource.objects.filter(location=location).order_by("name", "pk")
    return [Sourced(row, holding.get(row.pk)) for row in rows]


def site_of_location(
    location: Location, sources: Sequence[Sourced], batteries: Sequence[Battery]
) -> plan.Site:
    """The site as the planner knows it: what does not change from plan to plan. Sites that are
    alike are equal, wherever they are: they share a planner."""
    limit = SiteLimit.objects.filter(location=location).first()
    return plan.Site(
        zone=ZoneInfo("UTC"),
        site_limit_kw=limit.import_limit_kw if limit else float(plan.MOST_KW),
        sources=tuple(
            plan.SupplySource(
                name=str(place),
                contract=plan.Spot(0.0),
                import_limit_kw=one.row.import_limit_kw,
                demand_charge_eur_kw_month=_demand_charge(one.contract),
            )
            for place, one in enumerate(sources)
        ),
        battery=_as_one(batteries) if batteries else None,
    )


def _demand_charge(contract: SupplyContract | None) -> float:
    return float(contract.demand_charge_kw_month) if contract else 0.0


def _as_one(batteries: Sequence[Battery]) -> plan.Battery:
    """Several batteries as one that can what they can together."""
    capacity = sum(one.capacity_kwh for one in batteries)

    def share(name: str) -> float:
        """By capacity; rounded, so that the plan's model is the same one each time."""
        whole = sum(float(getattr(one, name)) * one.capacity_kwh for one in batteries)
        return float(round(whole / capacity, 6))

    return plan.Battery(
        capacity_kwh=capacity,
        charge_kw=sum(one.charge_kw for one in batteries),
        discharge_kw=sum(one.discharge_kw for one in batteries),
        efficiency=share("efficiency"),
        soc_min=share("soc_min"),
        soc_max=share("soc_max"),
        soc_start=share("soc_min"),
        wear_eur_kwh=float(max(one.wear_kwh for one in batteries)),
    )


def batteries_of(location: Location, now: datetime) -> list[Battery]:
    return list(planned_batteries(location, now).order_by("pk"))


def stored_in(batteries: Sequence[Battery]) -> float:
    """kWh, as they report it, else by their state of charge."""
    return sum(
        one.energy_kwh
        if one.energy_kwh is not None
        else (one.soc if one.soc is not None else one.soc_min) * one.capacity_kwh
        for one in batteries
    )


def caps_of(sources: Sequence[Sourced], steps: Steps, *, wishes: bool) -> Series:
    """What each source may give in each step; `wishes`: also what the DSO only asks for."""
    rows = [one.row for one in sources]
    away = set(FallbackHold.objects.filter(source__in=rows).values_list("source", flat=True))
    kinds = (*LIMITS, *WISHES) if wishes else LIMITS
    limits = CapacityLimit.objects.filter(source__in=rows, kind__in=kinds)
    limits = limits.filter(starts_at__lt=steps.ends).exclude(ends_at__lte=steps.begins)
    if not wishes:
        limits = limits.filter(binding=True)
    by_source = {row.pk: np.full((4, steps.count), row.import_limit_kw) for row in rows}
    for one in limits.exclude(~Q(source__in=away), kind=LimitKind.FALLBACK_IMPORT):
        caps, span = by_source[one.source_id], steps.span(one.starts_at, one.ends_at)
        place = Phase.values.index(one.phase)
        caps[place, span] = np.minimum(caps[place, span], one.kw)
    return np.array(
        [np.minimum(by_source[row.pk][1:], by_source[row.pk][0] / 3).sum(axis=0) for row in rows]
    ).reshape(len(rows), steps.count)


def prices_over(sources: Sequence[Sourced], steps: Steps) -> Series:
    """Per kWh of each source in each step: as contracted, day-ahead as far as known and then as
    it was."""
    return np.array([_prices(one.contract, steps) for one in sources]).reshape(
        len(sources), steps.count
    )


def _prices(contract: SupplyContract | None, steps: Steps) -> Series:
    nothing = np.zeros(steps.count)
    if contract is None:
        return nothing + PRICE_UNKNOWN
    if contract.kind == ContractKind.SPOT:
        return _listed(contract, steps) + float(contract.adder_kwh)
    if contract.kind == ContractKind.FLAT:
        return nothing + float(contract.price_kwh or 0)
    bands = plan.Bands(*(float(getattr(contract, f"f{n}_kwh") or 0) for n in (1, 2, 3)))
    return prices_of(plan.SupplySource("", bands, 0), steps.local, nothing)


def _listed(contract: SupplyContract, steps: Steps) -> Series:
    """Prices of the contract's list; what is not known is as it was at that time of day."""
    behind = PAST_PRICES // STEP
    begins = steps.begins - PAST_PRICES
    whole = Steps(begins, behind + steps.count, steps.zone)
    found = np.full(whole.count, np.nan)
    rows = EnergyPrice.objects.filter(
        price_list_id=contract.price_list_id, starts_at__lt=whole.ends, ends_at__gt=begins
    )
    for starts_at, ends_at, price in rows.values_list("starts_at", "ends_at", "price_kwh"):
        found[whole.span(starts_at, ends_at)] = float(price)
    if np.isnan(found).all():
        return np.full(steps.count, PRICE_UNKNOWN)
    there = np.flatnonzero(~np.isnan(found))
    first, last = int(there[0]), int(there[-1]) + 1
    place = np.searchsorted(there, np.arange(first, last), side="right") - 1
    known = found[there[place]]  # a gap has the price before it
    if last <= behind:  # nothing of today is known: as on the days before
        return prices_ahead(known, known[:0], behind - last + steps.count)[behind - last :]
    past = max(behind - first, 0)
    lead = np.full(max(first - behind, 0), known[0])
    return prices_ahead(known[:past], np.concatenate([lead, known[past:]]), steps.count)


def is_price_known(one: Sourced, at: datetime) -> bool:
    """Whether somebody said what a source costs then."""
    contract = one.contract
    if contract is None or contract.kind != ContractKind.SPOT:
        return contract is not None
    prices = EnergyPrice.objects.filter(price_list_id=contract.price_list_id)
    return prices.filter(starts_at__lte=at, ends_at__gt=at).exists()


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


def usual_load(location: Location, now: datetime) -> LoadForecast:
    """What the sessions of the last weeks, up to midnight, tell of load."""
    zone = zone_of(location.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = midnight.astimezone(UTC) - HISTORY
    first = (
        ChargingSession.objects.filter(evse__location=location, started_at__gte=begins)
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first()
    )
    if first is not None:
        begins += (first - begins) // timedelta(days=1) * timedelta(days=1)
    steps = Steps(begins, max((midnight.astimezone(UTC) - begins) // STEP, 0), zone)
    forecast = LoadForecast()
    if first is None or not steps.count:
        return forecast
    for weekday, quarter, load in zip(
        *slots_of(steps.local), load_between(location, steps), strict=True
    ):
        forecast.see(weekday, quarter, load)
    return forecast


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


def load_ahead(forecast: LoadForecast, charging: Charging, steps: Steps) -> Series:
    """The usual load, and no less than what the cars that are there will take."""
    if not forecast.has_seen_a_day:
        return charging.ahead
    weekdays, quarters = slots_of(steps.local)
    usual = forecast.ahead(weekdays, quarters, charging.now_kw)
    load: Series = np.maximum(usual, charging.ahead)
    return load


def sun_ahead(location: Location, steps: Steps, now: datetime) -> Series:
    """What photovoltaics are expected to give: nothing where none is metered."""
    return np.zeros(steps.count)


def month_turns(steps: Steps) -> int | None:
    """The first step of the next month, at the location."""
    months = np.array([at.month for at in steps.local])
    other = np.flatnonzero(months != months[0])
    return int(other[0]) if len(other) else None
