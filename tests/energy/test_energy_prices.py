"""Prices of a list: what is said, what holds, what cannot be."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from energy import selectors, services
from energy.domain.supply import Price
from energy.errors import BadPrices
from energy.models import EnergyPrice
from tests.factories.energy import (
    HOUR,
    NOON,
    EnergyPriceFactory,
    PriceListFactory,
    SupplyContractFactory,
    SupplySourceFactory,
)

pytestmark = pytest.mark.django_db

ROME = ZoneInfo("Europe/Rome")


def price(from_hour, to_hour, each, **more):
    return Price(NOON + from_hour * HOUR, NOON + to_hour * HOUR, Decimal(str(each)), **more)


def take(price_list, *prices, now=NOON, origin="feed"):
    return services.take_prices(price_list=price_list, prices=prices, origin=origin, now=now)


def standing():
    return [
        ((row.starts_at - NOON) / HOUR, (row.ends_at - NOON) / HOUR, float(row.price_kwh))
        for row in EnergyPrice.objects.order_by("starts_at")
    ]


def test_new_prices_take_the_place_of_others_of_their_time():
    zone = PriceListFactory()
    take(zone, price(0, 1, 0.1), price(1, 5, 0.2, firm=False))

    take(zone, price(2, 2.5, 0.3), price(2.5, 3, 0.4))

    assert standing() == [(0, 1, 0.1), (1, 2, 0.2), (2, 2.5, 0.3), (2.5, 3, 0.4), (3, 5, 0.2)]


def test_what_is_over_keeps_its_price_and_gaps_are_filled():
    zone = PriceListFactory()
    take(zone, price(0, 1, 0.1))

    take(zone, price(0, 2, 0.5), now=NOON + 3 * HOUR)

    assert standing() == [(0, 1, 0.1), (1, 2, 0.5)]


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ([price(0, 1, "NaN")], "0: the price must be a number"),
        ([price(0, 1, "Infinity")], "0: the price must be a number"),
        ([price(0, 1, 85.3)], "0: the price must be from -1 to 5 per kWh: 85.3"),
        ([price(0, 1, -2)], "0: the price must be from -1 to 5 per kWh: -2"),
        ([price(0, 1, 3.1), price(1, 2, 4)], "half of them are above 1 EUR/kWh: another unit?"),
        ([price(1, 1, 0.1)], "0: must end after it starts"),
        ([price(-170, -169, 0.1)], "0: is in the past"),
        ([price(9000, 9001, 0.1)], "0: begins in more than a year"),
        (
            [Price(datetime(2026, 10, 25, 2), datetime(2026, 10, 25, 3), Decimal("0.1"))],
            "0: times must say their zone: local ones mean nothing when clocks change",
        ),
        (
            [price(0, 2, 0.1), price(1, 3, 0.1)],
            (
                "2026-06-01T13:00:00+00:00/2026-06-01T15:00:00+00:00: overlaps "
                "2026-06-01T12:00:00+00:00/2026-06-01T14:00:00+00:00"
            ),
        ),
    ],
)
def test_absurd_prices_are_refused_whole(prices, reason):
    zone = PriceListFactory()

    with pytest.raises(BadPrices) as refusal:
        take(zone, price(5, 6, 0.1), *prices) if "half" not in reason else take(zone, *prices)

    assert [fault.replace("1: ", "0: ", 1) for fault in refusal.value.facts["errors"]] == [reason]
    assert standing() == []


def test_what_is_dear_depends_on_the_currency():
    assert take(PriceListFactory(currency="HUF"), price(0, 1, 85.3)) == []


def test_a_gap_is_told_of():
    doubts = take(PriceListFactory(), price(0, 1, 0.1), price(2, 3, 0.1))

    assert doubts == ["no price from 2026-06-01T13:00:00+00:00 to 2026-06-01T14:00:00+00:00"]


@pytest.mark.parametrize(
    ("day", "quarters"), [(datetime(2026, 10, 25), 100), (datetime(2027, 3, 28), 92)]
)
def test_days_on_which_clocks_change_are_whole(day, quarters):
    zone, now = PriceListFactory(), day.replace(tzinfo=UTC) - timedelta(days=1)
    begin, end = (
        local.replace(tzinfo=ROME).astimezone(UTC) for local in (day, day + timedelta(days=1))
    )
    step = timedelta(minutes=15)
    said = [
        Price(begin + n * step, begin + (n + 1) * step, Decimal(n) / 1000)
        for n in range((end - begin) // step)
    ]

    doubts = take(zone, *said, now=now)

    assert (doubts, EnergyPrice.objects.count()) == ([], quarters)


def test_two_prices_never_hold_at_once():
    first = EnergyPriceFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        EnergyPriceFactory(price_list=first.price_list, starts_at=NOON + HOUR / 2)
    EnergyPriceFactory(price_list=first.price_list, starts_at=NOON + HOUR)
    EnergyPriceFactory(starts_at=NOON)

    assert EnergyPrice.objects.count() == 3


def test_a_list_is_stale_without_news_or_without_a_price_for_now():
    zone = PriceListFactory(stale_after=2 * HOUR)
    fresh = [selectors.is_stale(zone, NOON)]
    take(zone, price(0, 12, 0.1))
    fresh += [selectors.is_stale(zone, NOON + step * HOUR) for step in (0, 1.9, 2)]
    take(zone, price(0, 12, 0.1), now=NOON + 2 * HOUR)
    fresh += [selectors.is_stale(zone, NOON + step * HOUR) for step in (2, 12)]

    assert fresh == [True, False, False, True, False, True]


def test_the_newest_contract_that_has_begun_says_the_price():
    source = SupplySourceFactory(location__time_zone="Europe/Rome")
    spot = SupplyContractFactory(source=source, spot=True, adder_kwh=Decimal("0.05"))
    EnergyPriceFactory(price_list=spot.price_list, price_kwh=Decimal("0.12"))
    SupplyContractFactory(
        source=source, kind="BANDS", price_kwh=None, valid_from=NOON + HOUR,
        f1_kwh=Decimal("0.17"), f2_kwh=Decimal("0.16"), f3_kwh=Decimal("0.13"),
    )  # fmt: skip
    SupplyContractFactory(source=source, valid_from=NOON + 24 * HOUR)

    found = [selectors.price_at(source, NOON + step * HOUR) for step in (-999, -1, 0, 1, 9, 24)]

    assert found == [None, None, *map(Decimal, ("0.17", "0.17", "0.13", "0.20"))]


def test_a_change_of_prices_wakes_the_locations_that_pay_them():
    now_and_then = SupplyContractFactory(spot=True)
    zone = now_and_then.price_list
    SupplyContractFactory(source=now_and_then.source, valid_from=NOON + HOUR)
    past = SupplyContractFactory(spot=True, price_list=zone)
    SupplyContractFactory(source=past.source, valid_from=NOON)
    coming = SupplyContractFactory(spot=True, price_list=zone, valid_from=NOON + HOUR)
    SupplyContractFactory()

    assert selectors.locations_priced_by(zone, NOON) == [
        now_and_then.source.location_id,
        coming.source.location_id,
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "SPOT"},
        {"price_kwh": None},
        {"kind": "BANDS", "price_kwh": None, "f1_kwh": Decimal("0.1")},
        {"currency": "eur"},
        {"demand_charge_kw_month": -1},
    ],
)
def test_a_contract_that_says_no_price_cannot_be_stored(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        SupplyContractFactory(**fields)
