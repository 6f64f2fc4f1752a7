"""What a kWh of a source cost, and the CO2 that it caused, in each quarter of an hour."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cpms.kernel.zones import zone_of
from energy.domain.calendar import band_of
from energy.domain.flows import QUARTER
from energy.enums import ContractKind
from energy.models import SupplyContract, SupplySource
from energy.selectors.supply import prices_between


@dataclass(frozen=True, slots=True)
class Terms:
    """Per kWh, by quarter; None where it is not known, which counts nothing."""

    prices: Sequence[float | None] = ()
    grams: Sequence[float | None] = ()
    currency: str = ""

    @property
    def has_price(self) -> bool:
        return any(one is not None for one in self.prices)

    @property
    def has_co2(self) -> bool:
        return any(one is not None for one in self.grams)

    def price(self, place: int) -> float:
        return (self.prices[place] if self.prices else None) or 0.0

    def co2_g(self, place: int) -> float:
        return (self.grams[place] if self.grams else None) or 0.0


@dataclass(slots=True)
class _Contracts:
    """A source's contracts in the order of time."""

    held: list[SupplyContract]
    begins: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.begins = [one.valid_from for one in self.held]

    def at(self, instant: datetime) -> SupplyContract | None:
        place = bisect_right(self.begins, instant)
        return self.held[place - 1] if place else None


def terms_of(source: SupplySource, begins: datetime, count: int) -> Terms:
    """From `begins` on, so many quarter-hours."""
    rows = SupplyContract.objects.filter(source=source).select_related("price_list")
    contracts = _Contracts(list(rows.order_by("valid_from")))
    ends = begins + count * QUARTER
    spots = {
        one.price_list.pk: _spot_prices(one, begins, ends)
        for one in contracts.held
        if one.price_list is not None
    }
    zone = zone_of(source.location.time_zone)
    prices: list[float | None] = []
    grams: list[float | None] = []
    for place in range(count):
        at = begins + place * QUARTER
        contract = contracts.at(at)
        grams.append(None if contract is None else contract.co2_g_kwh)
        if contract is None:
            prices.append(None)
        elif contract.price_list is not None:
            prices.append(_spot_at(spots[contract.price_list.pk], contract, at))
        elif contract.kind == ContractKind.BANDS:
            by_band = {1: contract.f1_kwh, 2: contract.f2_kwh, 3: contract.f3_kwh}
            prices.append(_float(by_band[band_of(at.astimezone(zone))]))
        else:
            prices.append(_float(contract.price_kwh))
    return Terms(prices, grams, contracts.held[-1].currency if contracts.held else "")


Spots = tuple[list[datetime], list[tuple[datetime, float]]]


def _spot_prices(contract: SupplyContract, begins: datetime, ends: datetime) -> Spots:
    """Starts, and with each its end and price."""
    assert contract.price_list is not None
    rows = list(
        prices_between(contract.price_list, begins, ends).values_list(
            "starts_at", "ends_at", "price_kwh"
        )
    )
    return [row[0] for row in rows], [(row[1], float(row[2])) for row in rows]


def _spot_at(spots: Spots, contract: SupplyContract, at: datetime) -> float | None:
    starts, rest = spots
    place = bisect_right(starts, at)
    if not place or rest[place - 1][0] <= at:
        return None
    return rest[place - 1][1] + float(contract.adder_kwh)


def _float(number: object) -> float | None:
    return None if number is None else float(number)  # type: ignore[arg-type]
