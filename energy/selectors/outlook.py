"""What is known of a location's next hours, from its rows: sources, prices, limits, batteries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Q

from cpms.kernel.zones import zone_of
from energy.domain import site as plan
from energy.domain.calendar import STEP, Series, prices_of
from energy.domain.forecasting import prices_ahead
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

HORIZON = 144  # steps: 36 hours
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


def month_turns(steps: Steps) -> int | None:
    """The first step of the next month, at the location."""
    months = np.array([at.month for at in steps.local])
    other = np.flatnonzero(months != months[0])
    return int(other[0]) if len(other) else None
