"""What a session costs, line by line, as people read a bill."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from booking.models import Cdr, ChargingSession
from booking.services.pricing import price_said_by, price_session
from cpms.kernel.errors import DomainError
from tariffs.domain.model import UNIT
from tariffs.domain.pricing import Line

LABELS = {
    "ENERGY": _("Energy"),
    "TIME": _("Time"),
    "PARKING_TIME": _("Parking"),
    "FLAT": _("Start fee"),
    "RESERVATION_TIME": _("Reservation"),
    "RESERVATION_FLAT": _("Reservation fee"),
}
UNITS = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "FLAT": ""}


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
    try:
        if cdr:
            price = price_said_by(cdr, session)
        else:
            price = price_session(session, session.ended_at or now)
    except DomainError:
        return []
    return [_line(line) for line in price.lines] if price else []


def _line(line: Line) -> CostLine:
    dimension = line.component.dimension
    return CostLine(
        label=LABELS[line.role],
        quantity=line.volume / UNIT[dimension],
        unit=UNITS[dimension],
        price=line.component.price,
        amount=Decimal(line.excl_vat.numerator) / Decimal(line.excl_vat.denominator),
    )
