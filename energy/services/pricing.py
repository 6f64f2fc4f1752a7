"""Dynamic tariffs (R8): prices that follow the marginal cost of energy, published a day ahead."""

import logging
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db import transaction

from cpms.kernel.errors import DomainError
from cpms.kernel.zones import zone_of
from energy.domain.calendar import STEP
from energy.domain.pricing import HOURS, elements_of
from energy.errors import NoPlanYet, SupplyExists
from energy.models import DispatchPlan, DynamicTariff
from energy.services.sources import stored
from stations.models import Location
from tariffs.domain.places import Place
from tariffs.models import Tariff, TariffVersion
from tariffs.services import Places, hold_at, save_tariff

log = logging.getLogger(__name__)

GRAIN = Decimal("0.000001")


@transaction.atomic
def save_dynamic(*, dynamic: DynamicTariff, now: datetime) -> DynamicTariff:
    """A new or changed formula; it counts from the next publication on. Raises BadSupply, or
    SupplyExists for the id of a tariff that is set by hand."""
    is_new = dynamic.pk is None
    if is_new and Tariff.objects.filter(ocpi_id=dynamic.ocpi_id).exists():
        raise SupplyExists("There is a tariff of this id already, set by hand.")
    dynamic.last_updated = now
    stored(dynamic)
    return dynamic


def delete_dynamic(*, dynamic: DynamicTariff) -> None:
    """The formula goes; its tariff stays as it was published last, to be changed by hand."""
    dynamic.delete()


def publish_due(*, now: datetime) -> int:
    """Publish tomorrow's prices where it is time; returns how many. What cannot be published is
    noted and tried again."""
    done = 0
    active = DynamicTariff.objects.filter(is_active=True).select_related("location")
    for dynamic in active.order_by("pk"):
        day = _day_due(dynamic, now)
        if day is None:
            continue
        try:
            publish(dynamic=dynamic, day=day, now=now)
            done += 1
        except DomainError as refusal:
            DynamicTariff.objects.filter(pk=dynamic.pk).update(note=refusal.text[:200])
            log.warning("not published", extra={"tariff": dynamic.ocpi_id, "why": refusal.code})
    return done


def _day_due(dynamic: DynamicTariff, now: datetime) -> date | None:
    """Tomorrow from the time of publication on; today as long as it was never published."""
    local = now.astimezone(zone_of(dynamic.location.time_zone))
    tomorrow = local.date() + timedelta(days=1)
    wanted = tomorrow if local.time() >= dynamic.publish_at else local.date()
    return wanted if dynamic.published_for is None or dynamic.published_for < wanted else None


@transaction.atomic
def publish(*, dynamic: DynamicTariff, day: date, now: datetime) -> TariffVersion:
    """A version of the tariff with the prices of that day beside those of the day before, which
    holds for sessions that start from now on. Raises NoPlanYet or InvalidTariff."""
    held = DynamicTariff.objects.select_for_update(no_key=True, of=("self",)).get(pk=dynamic.pk)
    location, formula = dynamic.location, held.formula
    plan = DispatchPlan.objects.filter(location=location).first()
    costs = hourly_costs(plan, location, day) if plan else None
    if plan is None or costs is None:
        raise NoPlanYet
    days = {
        date.fromisoformat(one): [Decimal(price) for price in prices]
        for one, prices in held.days.items()
    }
    before = days.get(day - timedelta(days=1))
    prices = formula.prices(costs, before)
    days = {one: said for one, said in days.items() if one == day - timedelta(days=1)}
    days[day] = prices
    version, _ = save_tariff(
        body={
            "country_code": location.country_code,
            "party_id": location.party_id,
            "id": held.ocpi_id,
            "currency": plan.currency,
            "elements": elements_of(days, held.vat),
        },
        now=now,
    )
    if version.number == 1:
        hold_at(tariff=version.tariff, places=Places([Place(location_id=location.pk)]))
    below = sum(
        price < cost / formula.efficiency for price, cost in zip(prices, costs, strict=True)
    )
    held.days = {one.isoformat(): [str(price) for price in said] for one, said in days.items()}
    held.published_for = day
    held.note = f"In {below} hours of {day} energy is sold below what it costs." if below else ""
    held.save(update_fields=["days", "published_for", "note"])
    return version


def hourly_costs(plan: DispatchPlan, location: Location, day: date) -> list[Decimal] | None:
    """The expected marginal cost of each local hour of a day; None: the plan knows nothing of
    it. An hour that the plan does not reach, or that is no hour of the day when clocks change,
    has the cost of the one before it."""
    zone = zone_of(location.time_zone)
    by_hour: dict[int, list[float]] = {}
    for place, price in enumerate(plan.body["shadow_price_kwh"]):
        local = (plan.starts_at + place * STEP).astimezone(zone)
        if local.date() == day:
            by_hour.setdefault(local.hour, []).append(price)
    if not by_hour:
        return None
    known = {hour: Decimal(float(np.mean(prices))) for hour, prices in by_hour.items()}
    cost = known[min(known)]
    costs = []
    for hour in range(HOURS):
        cost = known.get(hour, cost)
        costs.append(cost.quantize(GRAIN))
    return costs
