from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tariffs.domain.matching import energy_price_kwh, pieces
from tariffs.domain.reading import tariff_of
from tariffs.domain.usage import Period, Usage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday; 14:00 where it is
HERE = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)


def element(price, *names, **restrictions):
    parts = [{"type": name, "price": price, "step_size": 1} for name in names or ["ENERGY"]]
    return {"price_components": parts, **({"restrictions": restrictions} if restrictions else {})}


def tariff(*elements):
    return tariff_of({"id": "T", "currency": "EUR", "elements": list(elements)})


def charging(begin=NOON, hours=2, wh=20_000, **more):
    end = begin + hours * HOUR
    return Period(begin, end, Decimal(wh), Decimal(hours * 3600), **more)


def parked(begin, hours=1):
    return Period(begin, begin + hours * HOUR, parking_s=Decimal(hours * 3600))


def reserved(begin, hours=1):
    return Period(
        begin, begin + hours * HOUR, reserved_s=Decimal(hours * 3600), is_charging_session=False
    )


def matched(plan, *periods, expired=False):
    """Per piece: when it ends, its Wh, and the prices of what it is charged by."""
    usage = Usage(HERE, periods[0].starts_at, periods[-1].ends_at, periods, expired)
    return [
        (
            f"{part.ends_at:%H:%M}",
            int(part.energy_wh),
            {role: int(one.price) for role, one in sorted(chosen.items())},
        )
        for part, chosen in pieces(plan, usage)
    ]


def test_the_first_element_with_a_dimension_prices_it():
    plan = tariff(element(1, "ENERGY"), element(2, "ENERGY", "TIME"), element(3, "FLAT"))

    assert matched(plan, charging()) == [("14:00", 20_000, {"ENERGY": 1, "FLAT": 3, "TIME": 2})]


def test_a_period_is_cut_by_the_local_clock():
    plan = tariff(element(1, start_time="14:30", end_time="15:00"), element(2))

    assert matched(plan, charging()) == [
        ("12:30", 5_000, {"ENERGY": 2}),
        ("13:00", 5_000, {"ENERGY": 1}),
        ("14:00", 10_000, {"ENERGY": 2}),
    ]


def test_a_period_is_cut_where_its_energy_passes_a_limit():
    plan = tariff(element(1, max_kwh=25), element(2))

    assert matched(plan, charging(), charging(NOON + 2 * HOUR)) == [
        ("14:00", 20_000, {"ENERGY": 1}),
        ("14:30", 5_000, {"ENERGY": 1}),
        ("16:00", 15_000, {"ENERGY": 2}),
    ]


def test_durations_count_from_the_start_of_charging_not_of_the_reservation_or_of_parking():
    plan = tariff(element(5, "PARKING_TIME", min_duration=9000), element(1))
    before, after = reserved(NOON - HOUR), parked(NOON + 2 * HOUR)

    assert matched(plan, before, charging(), after) == [
        ("12:00", 0, {}),
        ("14:00", 20_000, {"ENERGY": 1}),
        ("14:30", 0, {"ENERGY": 1}),
        ("15:00", 0, {"ENERGY": 1, "PARKING_TIME": 5}),
    ]


@pytest.mark.parametrize(
    ("power", "current", "price"), [("10", "16", 1), ("11", "16", 2), ("10", "15", 2)]
)
def test_how_fast_it_charges_decides_for_the_whole_piece(power, current, price):
    plan = tariff(element(1, max_power=11, min_current=16), element(2))
    fast = charging(power_kw=Decimal(power), current_a=Decimal(current))

    assert matched(plan, fast) == [("14:00", 20_000, {"ENERGY": price})]


def test_a_car_that_stands_charges_at_0_kw():
    plan = tariff(element(7, "PARKING_TIME", max_power=1), element(1, min_power=1))

    assert matched(plan, charging(power_kw=Decimal(11)), parked(NOON + 2 * HOUR)) == [
        ("14:00", 20_000, {"ENERGY": 1, "PARKING_TIME": 7}),
        ("15:00", 0, {"PARKING_TIME": 7}),
    ]


def test_what_nothing_prices_is_a_piece_all_the_same():
    plan = tariff(element(1, day_of_week=["TUESDAY"]))

    assert [piece[2] for piece in matched(plan, charging())] == [{}]


RESERVED = element(3, "TIME", "FLAT", reservation="RESERVATION")
EXPIRED = element(9, "TIME", reservation="RESERVATION_EXPIRES")


@pytest.mark.parametrize(
    ("expired", "roles"),
    [
        (False, {"RESERVATION_FLAT": 3, "RESERVATION_TIME": 3}),
        (True, {"RESERVATION_FLAT": 3, "RESERVATION_TIME": 9}),
    ],
)
def test_a_reservation_has_prices_of_its_own(expired, roles):
    plan = tariff(element(1, "ENERGY", "TIME"), RESERVED, EXPIRED)

    assert matched(plan, reserved(NOON), charging(NOON + HOUR), expired=expired) == [
        ("13:00", 0, roles),
        ("15:00", 20_000, {"ENERGY": 1, "TIME": 1}),
    ]


@pytest.mark.parametrize(("hour", "price"), [(13, 2), (14, 1), (15, 2)])
def test_the_price_that_is_shown_before_charging(hour, price):
    plan = tariff(element(1, start_time="14:00", end_time="15:00"), element(2))

    assert energy_price_kwh(plan, datetime(2026, 6, 1, hour, 30, tzinfo=HERE)) == price
    assert energy_price_kwh(tariff(element(1, "TIME")), NOON) is None
