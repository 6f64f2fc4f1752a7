"""What a location's sources cost and may give at a moment."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)

from cpms.kernel.errors import Missing
from cpms.kernel.zones import zone_of
from energy.domain.calendar import band_of
from energy.enums import ContractKind, LimitKind, Phase
from energy.errors import UnknownContract, UnknownLimit, UnknownPriceList, UnknownSource
from energy.models import (
    CapacityLimit,
    EnergyPrice,
    FallbackHold,
    PriceFile,
    PriceList,
    SiteLimit,
    SupplyContract,
    SupplySource,
)
from stations.models import Location

M = TypeVar("M", bound=Model)

LARGEST_KEY = 2**63 - 1
PHASES = (Phase.L1, Phase.L2, Phase.L3)
IMPORTS = (LimitKind.IMPORT, LimitKind.FALLBACK_IMPORT)


def sources_of(location: Location) -> QuerySet[SupplySource]:
    return SupplySource.objects.filter(location=location).order_by("name", "pk")


def contract_at(source: SupplySource, at: datetime) -> SupplyContract | None:
    """The newest that has begun."""
    begun = SupplyContract.objects.filter(source=source, valid_from__lte=at)
    return begun.select_related("price_list", "source__location").order_by("-valid_from").first()


def price_at(source: SupplySource, at: datetime) -> Decimal | None:
    """Per kWh, in the contract's currency; None: no contract, or no price known."""
    contract = contract_at(source, at)
    if contract is None:
        return None
    if contract.kind == ContractKind.FLAT:
        return contract.price_kwh
    if contract.kind == ContractKind.BANDS:
        zone = zone_of(contract.source.location.time_zone)
        by_band = {1: contract.f1_kwh, 2: contract.f2_kwh, 3: contract.f3_kwh}
        return by_band[band_of(at.astimezone(zone))]
    found = EnergyPrice.objects.filter(
        price_list=contract.price_list, starts_at__lte=at, ends_at__gt=at
    ).first()
    return found.price_kwh + contract.adder_kwh if found else None


def prices_between(
    price_list: PriceList, begins: datetime, ends: datetime
) -> QuerySet[EnergyPrice]:
    """In the order of time."""
    return EnergyPrice.objects.filter(
        price_list=price_list, starts_at__lt=ends, ends_at__gt=begins
    ).order_by("starts_at")


def is_stale(price_list: PriceList, now: datetime) -> bool:
    """Nothing was heard for too long, or no price is known for now."""
    heard = price_list.prices.aggregate(at=Max("received_at"))["at"]
    has_price = price_list.prices.filter(starts_at__lte=now, ends_at__gt=now).exists()
    return heard is None or not has_price or heard + price_list.stale_after <= now


def stale_lists(now: datetime) -> QuerySet[PriceList]:
    """Those that are stale and that a contract needs."""
    prices = EnergyPrice.objects.filter(price_list=OuterRef("pk"))
    due_since = ExpressionWrapper(Value(now) - F("stale_after"), output_field=DateTimeField())
    lists = PriceList.objects.annotate(
        heard_at=Subquery(prices.order_by("-received_at").values("received_at")[:1])
    )
    is_silent = Q(heard_at=None) | Q(heard_at__lte=due_since)
    is_priced = Exists(prices.filter(starts_at__lte=now, ends_at__gt=now))
    is_needed = Exists(SupplyContract.objects.filter(price_list=OuterRef("pk")))
    return lists.filter(is_silent | ~is_priced, is_needed)


def price_files(most: int) -> QuerySet[PriceFile]:
    """Of the drop folder, the newest first."""
    return PriceFile.objects.select_related("price_list").order_by("-taken_at", "-pk")[:most]


def locations_priced_by(price_list: PriceList, at: datetime) -> list[int]:
    """Where a contract that holds then, or one to come, has prices of this list."""
    newest = SupplyContract.objects.filter(source=OuterRef("source"), valid_from__lte=at).order_by(
        "-valid_from"
    )
    holding = SupplyContract.objects.filter(price_list=price_list).annotate(
        newest=Subquery(newest.values("pk")[:1])
    )
    holding = holding.filter(Q(valid_from__gt=at) | Q(pk=F("newest")))
    return list(
        holding.order_by("source__location").values_list("source__location", flat=True).distinct()
    )


def holds_fallback(source: SupplySource) -> bool:
    """Whether a DSO that limits it is away."""
    return FallbackHold.objects.filter(source=source).exists()


def limits_at(sources: Iterable[SupplySource], at: datetime) -> QuerySet[CapacityLimit]:
    """The limits that hold then, those for a DSO's absence only during it."""
    holding = CapacityLimit.objects.filter(source__in=list(sources), starts_at__lte=at).exclude(
        ends_at__lte=at
    )
    away = Q(source__in=FallbackHold.objects.values("source"))
    fallback = Q(kind__in=(LimitKind.FALLBACK_IMPORT, LimitKind.FALLBACK_EXPORT))
    return holding.filter(~fallback | away).order_by("starts_at", "pk")


def limit_kw(source: SupplySource, at: datetime) -> float:
    """What a source may take from the grid then: by contract, or less while a binding limit
    holds. A limit on one phase leaves the others their third."""
    return _limit(source, [one for one in limits_at([source], at) if _binds_import(one)])


def phase_limits_kw(source: SupplySource, at: datetime) -> dict[Phase, float]:
    """The phases that have binding limits of their own."""
    found: dict[Phase, float] = {}
    for one in limits_at([source], at):
        if _binds_import(one) and one.phase != Phase.ALL:
            phase = Phase(one.phase)
            found[phase] = min(one.kw, found.get(phase, one.kw))
    return found


def site_limit_kw(location: Location, at: datetime) -> float | None:
    """What a location may draw then: the sum of its sources, and no more than its own limit.
    None: it has neither sources nor a limit."""
    sources = list(sources_of(location))
    own = SiteLimit.objects.filter(location=location).first()
    by_source: dict[int, list[CapacityLimit]] = defaultdict(list)
    for one in limits_at(sources, at):
        if _binds_import(one):
            by_source[one.source_id].append(one)
    limits = [own.import_limit_kw] if own else []
    if sources:
        limits.append(sum(_limit(source, by_source[source.pk]) for source in sources))
    return min(limits, default=None)


def _binds_import(limit: CapacityLimit) -> bool:
    return limit.binding and limit.kind in IMPORTS


def _limit(source: SupplySource, limits: Iterable[CapacityLimit]) -> float:
    whole, by_phase = source.import_limit_kw, dict.fromkeys(PHASES, float("inf"))
    for one in limits:
        if one.phase == Phase.ALL:
            whole = min(whole, one.kw)
        else:
            by_phase[Phase(one.phase)] = min(by_phase[Phase(one.phase)], one.kw)
    third = whole / len(PHASES)
    return sum(min(one, third) for one in by_phase.values())


def source_by_id(text: str) -> SupplySource:
    """Raises UnknownSource."""
    found = SupplySource.objects.select_related("location").prefetch_related("fallbacks")
    return _found(found, text, UnknownSource)


def source_of(location: Location, pk: int) -> SupplySource:
    """Raises UnknownSource, also for one of another location."""
    source = source_by_id(str(pk))
    if source.location_id != location.pk:
        raise UnknownSource(id=pk)
    return source


def contract_by_id(text: str) -> SupplyContract:
    """Raises UnknownContract."""
    found = SupplyContract.objects.select_related("source__location", "price_list")
    return _found(found, text, UnknownContract)


def limit_by_id(text: str) -> CapacityLimit:
    """Raises UnknownLimit."""
    found = CapacityLimit.objects.select_related("source__location")
    return _found(found, text, UnknownLimit)


def limit_of(location: Location, pk: int) -> CapacityLimit:
    """Raises UnknownLimit, also for one of another location."""
    limit = limit_by_id(str(pk))
    if limit.source.location_id != location.pk:
        raise UnknownLimit(id=pk)
    return limit


def limits_ahead(sources: Iterable[SupplySource], now: datetime) -> QuerySet[CapacityLimit]:
    """Those that have not ended, with their source."""
    found = CapacityLimit.objects.filter(source__in=list(sources)).exclude(ends_at__lte=now)
    return found.select_related("source").order_by("starts_at", "pk")


def price_list_by_id(text: str) -> PriceList:
    """Raises UnknownPriceList."""
    return _found(PriceList.objects.all(), text, UnknownPriceList)


def _found(rows: QuerySet[M], text: str, missing: type[Missing]) -> M:
    """The row of that number, also beyond every key."""
    number = int(text)
    row = rows.filter(pk=number).first() if number <= LARGEST_KEY else None
    if row is None:
        raise missing(id=text)
    return row
