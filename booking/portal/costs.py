"""What a session costs, line by line, as people read a bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from booking.models import Cdr, ChargingSession
from booking.services.pricing import usage_of
from tariffs.domain.pricing import UNIT, InvalidTariff, PriceComponent, Usage, components_of

LABELS = {
    "ENERGY": _("Energy"),
    "TIME": _("Time"),
    "PARKING_TIME": _("Parking"),
    "FLAT": _("Start fee"),
}
UNITS = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "FLAT": ""}
TOTALS = {
    "ENERGY": "total_energy_cost",
    "TIME": "total_time_cost",
    "PARKING_TIME": "total_parking_cost",
    "FLAT": "total_fixed_cost",
}


@dataclass(frozen=True, slots=True)
class CostLine:
    """`quantity` in `unit` (empty: once) at `price`, before VAT."""

    label: Any
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Decimal


def cost_lines(session: ChargingSession, cdr: Cdr | None, now: datetime) -> list[CostLine]:
    """What the CDR says; while there is none, what the session would cost if it ended now."""
    if session.tariff_version is None:
        return []
    try:
        components = components_of(session.tariff_version.body)
    except InvalidTariff:
        return []
    usage = usage_of(session, cdr.ended_at if cdr else session.ended_at or now)
    said: Mapping[str, Any] = cdr.body if cdr else {}
    return [_line(component, usage, said) for component in components]


def _line(component: PriceComponent, usage: Usage, said: Mapping[str, Any]) -> CostLine:
    dimension = component.dimension
    volume = usage.volume(dimension)
    issued = said.get(TOTALS[dimension])
    return CostLine(
        label=LABELS[dimension],
        quantity=volume / UNIT[dimension],
        unit=UNITS[dimension],
        price=component.price,
        amount=Decimal(str(issued["excl_vat"])) if issued else component.cost(volume),
    )
