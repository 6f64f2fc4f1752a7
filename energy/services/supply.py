"""Limits, prices and fallbacks as DSOs, feeds and people say them. Whatever changes is told as
SupplyChanged, which wakes who plans."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from cpms.kernel import events
from cpms.kernel.windows import TimeWindow, union, without
from energy.domain.supply import (
    GRAIN,
    LONGEST_REFERENCE,
    Limit,
    Price,
    check_limits,
    check_prices,
    is_over,
)
from energy.enums import LimitKind, Phase
from energy.errors import BadLimits, BadPrices
from energy.events import SupplyChanged
from energy.models import CapacityLimit, EnergyPrice, FallbackHold, PriceList, SupplySource
from energy.selectors import locations_priced_by
from energy.services.due import mark_due

MOST_LIMITS, MOST_PRICES = 5_000, 50_000  # in one statement


@transaction.atomic
def take_limits(
    *, source: SupplySource, origin: str, reference: str, limits: Sequence[Limit], now: datetime
) -> list[str]:
    """Let these limits hold in place of what the origin said before under the same reference, and
    return what is odd about them. Saying the same again changes nothing. Raises BadLimits: then
    what was said before still holds."""
    if len(limits) > MOST_LIMITS or len(reference) > LONGEST_REFERENCE:
        raise BadLimits("Too many limits, or too long a reference.")
    checked = check_limits(limits, now)
    if checked.faults:
        raise BadLimits("; ".join(checked.faults), errors=checked.faults)
    _hold(source)
    said = _standing(source, now).filter(origin=origin, reference=reference)
    wanted = {one for one in limits if not is_over(one, now)}
    if {_limit_of(row) for row in said} == wanted:
        return checked.doubts
    _end(said, now)
    CapacityLimit.objects.bulk_create(
        [
            CapacityLimit(
                source=source,
                kind=one.kind,
                phase=one.phase,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                kw=one.kw,
                binding=one.binding,
                origin=origin,
                reference=reference,
                received_at=now,
            )
            for one in sorted(wanted, key=lambda one: (one.starts_at, one.kw))
        ]
    )
    changed([source.location_id], now)
    return checked.doubts


@transaction.atomic
def drop_limits(*, source: SupplySource, origin: str, reference: str, now: datetime) -> int:
    """What the origin said under this reference holds no longer; returns how many limits end."""
    _hold(source)
    ended = _end(_standing(source, now).filter(origin=origin, reference=reference), now)
    if ended:
        changed([source.location_id], now)
    return ended


@transaction.atomic
def set_fallback(*, source: SupplySource, origin: str, on: bool, now: datetime) -> bool:
    """Whether a source's DSO is away, so that its fallback limits hold; returns whether that is
    new."""
    _hold(source)
    held = FallbackHold.objects.filter(source=source, origin=origin)
    if on == held.exists():
        return False
    if on:
        FallbackHold.objects.create(source=source, origin=origin, since=now)
    else:
        held.delete()
    changed([source.location_id], now)
    return True


@transaction.atomic
def take_prices(
    *, price_list: PriceList, prices: Sequence[Price], origin: str, now: datetime
) -> list[str]:
    """Let these prices hold in place of others of the same time, and return what is odd about
    them. What is over keeps its price: it has been accounted for. Raises BadPrices."""
    if len(prices) > MOST_PRICES:
        raise BadPrices(f"At most {MOST_PRICES} at once.")
    checked = check_prices(prices, price_list.currency, now)
    if checked.faults:
        raise BadPrices("; ".join(checked.faults), errors=checked.faults)
    PriceList.objects.select_for_update(no_key=True).get(pk=price_list.pk)
    if prices and _replace(price_list, prices, origin, now):
        changed(locations_priced_by(price_list, now), now)
    return checked.doubts


def _replace(price_list: PriceList, prices: Sequence[Price], origin: str, now: datetime) -> bool:
    """Whether it made a difference. What is said again is marked as received anew."""
    first, last = min(one.starts_at for one in prices), max(one.ends_at for one in prices)
    present = price_list.prices.filter(starts_at__lt=last, ends_at__gt=first)
    standing = {_price_of(row): row.pk for row in present}
    said = [_grained(one) for one in prices]
    same = [standing[one] for one in said if one in standing]
    EnergyPrice.objects.filter(pk__in=same).update(received_at=now, origin=origin)
    over = [one for one in standing if one.ends_at <= now]
    wanted = [part for one in said if one not in standing for part in _outside(one, over)]
    if not wanted:
        return False
    new = [TimeWindow(one.starts_at, one.ends_at) for one in wanted]
    _make_room(present, union(new))
    EnergyPrice.objects.bulk_create(
        [
            EnergyPrice(
                price_list=price_list, starts_at=one.starts_at, ends_at=one.ends_at,
                price_kwh=one.price_kwh, firm=one.firm, origin=origin, received_at=now,
            )
            for one in wanted
        ],
        batch_size=5_000,
    )  # fmt: skip
    return True


def _outside(price: Price, others: Iterable[Price]) -> list[Price]:
    """The parts of a price's time that no other's takes."""
    own = TimeWindow(price.starts_at, price.ends_at)
    taken = [TimeWindow(one.starts_at, one.ends_at) for one in others]
    near = [one for one in taken if one.overlaps(own)]
    left = without([own], near) if near else [own]
    return [Price(one.starts_at, one.ends_at, price.price_kwh, price.firm) for one in left]


def _make_room(present: Iterable[EnergyPrice], new: Sequence[TimeWindow]) -> None:
    """Cut what new prices take out of those that stood there."""
    cut = [(row, TimeWindow(row.starts_at, row.ends_at)) for row in present]
    cut = [(row, own) for row, own in cut if any(one.overlaps(own) for one in new)]
    EnergyPrice.objects.filter(pk__in=[row.pk for row, _ in cut]).delete()
    EnergyPrice.objects.bulk_create(
        EnergyPrice(
            price_list_id=row.price_list_id, starts_at=left.starts_at, ends_at=left.ends_at,
            price_kwh=row.price_kwh, firm=row.firm, origin=row.origin,
            received_at=row.received_at,
        )
        for row, own in cut
        for left in without([own], new)
    )  # fmt: skip


def _grained(price: Price) -> Price:
    return Price(price.starts_at, price.ends_at, price.price_kwh.quantize(GRAIN), price.firm)


def _price_of(row: EnergyPrice) -> Price:
    return Price(row.starts_at, row.ends_at, row.price_kwh.quantize(GRAIN), row.firm)


def _hold(source: SupplySource) -> None:
    """One change at a time for each source."""
    SupplySource.objects.select_for_update(no_key=True).get(pk=source.pk)


def _standing(source: SupplySource, now: datetime) -> QuerySet[CapacityLimit]:
    return CapacityLimit.objects.filter(source=source).exclude(ends_at__lte=now)


def _limit_of(row: CapacityLimit) -> Limit:
    return Limit(
        row.kw, row.starts_at, row.ends_at, LimitKind(row.kind), Phase(row.phase), row.binding
    )


def _end(rows: QuerySet[CapacityLimit], now: datetime) -> int:
    """What has begun ends now and is kept as history; what has not is forgotten."""
    begun = rows.filter(starts_at__lt=now).update(ends_at=now)
    gone, _ = rows.filter(starts_at__gte=now).delete()
    return begun + gone


def changed(location_ids: Iterable[int], now: datetime) -> None:
    """What the locations' energy costs or may be is another: they are planned anew."""
    found = list(location_ids)
    mark_due(found, now)
    for location_id in found:
        events.publish(SupplyChanged(location_id))
