"""What a reservation of no length costs: its fee, and nothing by time."""

from datetime import UTC, datetime
from decimal import Decimal

from tariffs.domain.model import (
    FLAT,
    RESERVATION,
    TIME,
    Element,
    PriceComponent,
    Restrictions,
    Tariff,
)
from tariffs.domain.pricing import price
from tariffs.domain.usage import Period, Usage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_reservation_of_no_length_costs_its_fee():
    components = [
        PriceComponent(TIME, Decimal(6), 1, None),
        PriceComponent(FLAT, Decimal(1), 1, None),
    ]
    tariff = Tariff("T", "EUR", [Element(components, Restrictions(reservation=RESERVATION))])
    period = Period(NOON, NOON, is_charging_session=False)

    found = price(tariff, Usage(UTC, NOON, NOON, [period]))

    assert (found.excl_vat, [(line.role, line.volume) for line in found.lines]) == (
        Decimal(1),
        [("RESERVATION_FLAT", Decimal(1))],
    )
