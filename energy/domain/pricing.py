"""What drivers pay for a kilowatt-hour when prices follow what it costs: the CPO's formula."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

CENT = Decimal("0.01")
HOURS = 24
Hourly = Sequence[Decimal]  # a price for each local hour of a day


@dataclass(frozen=True, slots=True)
class Formula:
    """Per kWh before VAT. `efficiency`: the share of what the site draws that reaches the car.
    `largest_change`: how far an hour may lie from the mean of the day before."""

    margin: Decimal
    margin_percent: Decimal
    floor: Decimal
    ceiling: Decimal
    largest_change: Decimal | None = None
    efficiency: Decimal = Decimal("0.95")

    def price(self, marginal_cost: Decimal, mean_before: Decimal | None = None) -> Decimal:
        """In whole cents, except at a bound: floor and ceiling hold whatever else says."""
        wanted = (marginal_cost / self.efficiency + self.margin) * (1 + self.margin_percent / 100)
        if self.largest_change is not None and mean_before is not None:
            least, most = mean_before - self.largest_change, mean_before + self.largest_change
            wanted = min(max(wanted, least), most)
        return min(max(wanted.quantize(CENT), self.floor), self.ceiling)

    def prices(self, costs: Hourly, before: Hourly | None) -> list[Decimal]:
        mean = sum(before, Decimal(0)) / len(before) if before else None
        return [self.price(cost, mean) for cost in costs]


def elements_of(days: Mapping[date, Hourly], vat: Decimal | None) -> list[dict[str, Any]]:
    """OCPI tariff elements (2.2.1 §11.4.4): each price for the hours in which it holds, and for
    days that were not published the mean of the last one."""
    found = [
        {
            "price_components": [_component(price, vat)],
            "restrictions": {
                "start_date": day.isoformat(),
                "end_date": (day + timedelta(days=1)).isoformat(),  # that day is out
                "start_time": f"{begin:02d}:00",
                "end_time": f"{end % HOURS:02d}:00",
            },
        }
        for day in sorted(days)
        for begin, end, price in _runs(days[day])
    ]
    last = days[max(days)]
    mean = (sum(last, Decimal(0)) / len(last)).quantize(CENT)
    return [*found, {"price_components": [_component(mean, vat)]}]


def _runs(prices: Hourly) -> list[tuple[int, int, Decimal]]:
    """Hours of one price together: from, to, price."""
    runs: list[tuple[int, int, Decimal]] = []
    for hour, price in enumerate(prices):
        if runs and runs[-1][2] == price:
            runs[-1] = (runs[-1][0], hour + 1, price)
        else:
            runs.append((hour, hour + 1, price))
    return runs


def _component(price: Decimal, vat: Decimal | None) -> dict[str, Any]:
    said: dict[str, Any] = {"type": "ENERGY", "price": float(price), "step_size": 1}
    return said if vat is None else {**said, "vat": float(vat)}
