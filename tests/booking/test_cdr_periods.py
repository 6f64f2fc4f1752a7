from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from booking.services.cdr_periods import charging_periods_of, money_of, totals_of
from booking.services.pricing import Bill
from tariffs.domain.pricing import price
from tariffs.domain.reading import tariff_of
from tariffs.domain.usage import Period, Usage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHARGING = Period(
    NOON, NOON + HOUR, Decimal("10000.06"), charging_s=Decimal(3600), power_kw=Decimal(10),
    current_a=Decimal(16),
)  # fmt: skip
STANDING = Period(NOON + HOUR, NOON + 2 * HOUR, Decimal("0.06"), parking_s=Decimal(3600))


def component(kind, amount, vat=None):
    found = {"type": kind, "price": amount, "step_size": 1}
    return found if vat is None else {**found, "vat": vat}


def bill(*elements, periods=(CHARGING, STANDING)):
    usage = Usage(UTC, periods[0].starts_at, periods[-1].ends_at, periods)
    if not elements:
        return Bill(usage, None, None)
    tariff = tariff_of({"id": "T", "currency": "EUR", "elements": list(elements)})
    return Bill(usage, tariff, price(tariff, usage))


ALL = {
    "price_components": [
        component("ENERGY", 0.4, 21),
        component("TIME", 1.0),
        component("PARKING_TIME", 2.0),
        component("FLAT", 0.5),
    ]
}


def test_each_period_says_what_was_used_and_by_which_tariff():
    assert charging_periods_of(bill(ALL)) == [
        {
            "start_date_time": "2026-06-01T12:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 10.0001}, {"type": "TIME", "volume": 1.0}],
            "tariff_id": "T",
        },
        {
            "start_date_time": "2026-06-01T13:00:00Z",
            "dimensions": [
                {"type": "ENERGY", "volume": 0.0},  # the course is rounded, not its pieces
                {"type": "PARKING_TIME", "volume": 1.0},
            ],
            "tariff_id": "T",
        },
    ]


def test_a_free_session_has_its_periods_and_no_costs():
    free = bill()

    assert [sorted(period) for period in charging_periods_of(free)] == [
        ["dimensions", "start_date_time"]
    ] * 2
    assert totals_of(free) == {
        "total_energy": 10.00012,
        "total_time": 2.0,
        "total_parking_time": 1.0,
    }


def test_how_fast_it_charged_is_said_where_the_price_depends_on_it():
    plan = {**ALL, "restrictions": {"min_power": 0}}

    first, second = charging_periods_of(bill(plan))

    assert first["dimensions"][2:] == [
        {"type": "MIN_POWER", "volume": 10.0},
        {"type": "MAX_POWER", "volume": 10.0},
        {"type": "MIN_CURRENT", "volume": 16.0},
        {"type": "MAX_CURRENT", "volume": 16.0},
    ]
    assert [one["type"] for one in second["dimensions"]] == ["ENERGY", "PARKING_TIME"]


def test_the_totals_of_what_was_priced():
    assert totals_of(bill(ALL)) == {
        "total_energy": 10.00012,
        "total_time": 2.0,
        "total_parking_time": 1.0,
        "total_fixed_cost": {"excl_vat": 0.5, "incl_vat": 0.5},
        "total_energy_cost": {"excl_vat": 4.0004, "incl_vat": 4.8405},
        "total_time_cost": {"excl_vat": 1.0, "incl_vat": 1.0},
        "total_parking_cost": {"excl_vat": 2.0, "incl_vat": 2.0},
    }
    assert "total_time_cost" not in totals_of(
        bill({"price_components": [component("ENERGY", 0.4)]})
    )


@pytest.mark.parametrize(
    ("excl", "incl", "money"),
    [
        ("1.00005", None, {"excl_vat": 1.0001}),
        ("0", "0", {"excl_vat": 0.0, "incl_vat": 0.0}),
    ],
)
def test_money_without_vat_says_so(excl, incl, money):
    assert money_of(Decimal(excl), incl and Decimal(incl)) == money
