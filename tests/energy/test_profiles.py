"""Charging profiles as values: what makes sense, and the same limits in another unit."""

from decimal import Decimal

import pytest

from energy.domain.profiles import ChargingProfile, Step, in_unit, supply_of, unlimited
from energy.enums import RateUnit
from energy.errors import BadProfile

D = Decimal
AC_3 = supply_of("AC_3_PHASE", 230, 32, None)
AC_1 = supply_of("AC_1_PHASE", 230, 16, None)
DC = supply_of("DC", 400, 250, 50_000)


def profile(*steps, unit="A", **more):
    return ChargingProfile(RateUnit(unit), tuple(Step(*step) for step in steps), **more)


@pytest.mark.parametrize(
    ("steps", "more", "reason"),
    [
        ((), {}, "charging_profile_period: at least one"),
        (((5, D(16)),), {}, "charging_profile_period: the first starts at 0"),
        (
            ((0, D(16)), (60, D(8)), (60, D(6))),
            {},
            "charging_profile_period: each starts after the one before",
        ),
        (((0, D(16)), (2**31, D(8))), {}, "start_period: too large"),
        (((0, D("16.05")),), {}, "limit: at most one digit after the point"),
        (((0, D(-1)),), {}, "limit: from 0 to 100000000"),
        (((0, D("1e300")),), {}, "limit: from 0 to 100000000"),
        (
            ((0, D(16)),),
            {"min_rate": D("6.25")},
            "min_charging_rate: at most one digit after the point",
        ),
        (
            ((0, D(16)),),
            {"duration_s": 0},
            "duration: seconds, longer than until the last period starts",
        ),
        (
            ((0, D(16)), (60, D(8))),
            {"duration_s": 60},
            "duration: seconds, longer than until the last period starts",
        ),
    ],
)
def test_what_makes_no_sense_is_no_profile(steps, more, reason):
    with pytest.raises(BadProfile) as refused:
        profile(*steps, **more)

    assert refused.value.text == reason


@pytest.mark.parametrize(
    ("given", "unit", "supply", "expected"),
    [
        (profile((0, D(16))), "A", AC_3, profile((0, D(16)))),
        (profile((0, D(16))), "W", AC_3, profile((0, D(11_040)), unit="W")),
        (profile((0, D(16))), "W", AC_1, profile((0, D(3_680)), unit="W")),
        (profile((0, D("10.5"))), "W", DC, profile((0, D(4_200)), unit="W")),
        (  # rounded down: it is an upper bound
            profile((0, D(11_000)), (60, D(0)), unit="W", duration_s=90, min_rate=D(4_200)),
            "A",
            AC_3,
            profile((0, D("15.9")), (60, D(0)), duration_s=90, min_rate=D("6.0")),
        ),
        (profile((0, D(7_400)), unit="W"), "A", AC_1, profile((0, D("32.1")))),
    ],
)
def test_the_same_limits_in_another_unit(given, unit, supply, expected):
    assert in_unit(given, RateUnit(unit), supply) == expected


@pytest.mark.parametrize(
    ("kind", "watts", "expected"),
    [("AC_3_PHASE", None, 22_080), ("AC_2_PHASE", None, 14_720), ("AC_1_PHASE", 7_000, 7_000)],
)
def test_without_a_limit_an_evse_gives_all_it_has(kind, watts, expected):
    supply = supply_of(kind, 230, 32, watts)

    assert unlimited(RateUnit.WATT, supply, 900) == profile(
        (0, D(expected)), unit="W", duration_s=900
    )
    assert unlimited(RateUnit.AMPERE, supply, 900) == profile((0, D(32)), duration_s=900)
