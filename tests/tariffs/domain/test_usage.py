from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tariffs.domain.usage import Cut, Period, cut_by_clock, cut_by_energy, parts_of, seconds

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = Period(
    NOON, NOON + HOUR, Decimal(9000), Decimal(1800), Decimal(1200), Decimal(600),
    Decimal(11), Decimal(16),
)  # fmt: skip


def test_seconds_are_exact_to_the_microsecond():
    assert seconds(timedelta(days=1, microseconds=1)) == Decimal("86400.000001")


def test_a_cut_by_the_clock_lets_energy_flow_evenly():
    instants = [NOON, NOON + HOUR / 4, NOON + HOUR]

    assert cut_by_clock(PERIOD, instants) == [Cut(Decimal("0.25"), NOON + HOUR / 4, Decimal(2250))]


@pytest.mark.parametrize(
    ("before", "thresholds", "cuts"),
    [
        (0, [9000, 0, 9001], []),  # at its ends, and beyond
        (0, [4500], [Cut(Decimal("0.5"), NOON + HOUR / 2, Decimal(4500))]),
        (4000, [4500, 3000], [Cut(Decimal(500) / 9000, NOON + HOUR / 18, Decimal(500))]),
    ],
)
def test_a_cut_by_energy_is_where_the_session_passes_it(before, thresholds, cuts):
    assert cut_by_energy(PERIOD, Decimal(before), map(Decimal, thresholds)) == cuts


def test_energy_that_is_fed_back_passes_thresholds_downwards():
    back = replace(PERIOD, energy_wh=Decimal(-9000))

    assert cut_by_energy(back, Decimal(10_000), [Decimal(5500), Decimal(500)]) == [
        Cut(Decimal("0.5"), NOON + HOUR / 2, Decimal(-4500))
    ]


def test_without_energy_nothing_is_cut():
    assert cut_by_energy(replace(PERIOD, energy_wh=Decimal(0)), Decimal(0), [Decimal(1)]) == []


def test_the_parts_are_the_period_again():
    quarter = Cut(Decimal("0.25"), NOON + HOUR / 4, Decimal(2250))
    half = Cut(Decimal("0.5"), NOON + HOUR / 2, Decimal(5000))

    first, second, third = parts_of(PERIOD, [half, quarter, quarter])

    assert first == Period(
        NOON, NOON + HOUR / 4, Decimal(2250), Decimal(450), Decimal(300), Decimal(150),
        Decimal(11), Decimal(16),
    )  # fmt: skip
    assert (second.starts_at, second.ends_at, second.energy_wh) == (
        NOON + HOUR / 4, NOON + HOUR / 2, Decimal(2750),
    )  # fmt: skip
    assert (third.ends_at, third.energy_wh, third.parking_s) == (
        NOON + HOUR, Decimal(4000), Decimal(600),
    )  # fmt: skip


def test_a_third_is_lost_nowhere():
    cuts = [Cut(Decimal(n) / 3, NOON + n * HOUR / 3, Decimal(3000) * n) for n in (1, 2)]
    odd = replace(PERIOD, charging_s=Decimal(1000))

    parts = parts_of(odd, cuts)

    assert sum(part.charging_s for part in parts) == 1000
    assert [part.charging_s for part in parts] == [
        Decimal("333.333333"), Decimal("333.333334"), Decimal("333.333333"),
    ]  # fmt: skip


def test_without_cuts_it_is_one_part():
    assert parts_of(PERIOD, []) == [PERIOD]
