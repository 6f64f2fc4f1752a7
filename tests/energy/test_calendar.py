from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from energy.domain.calendar import band_of, easter, import_limits, is_holiday, prices_of
from energy.domain.site import site_of
from tests.energy.sites import PLAIN, C

ROME = ZoneInfo("Europe/Rome")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


@pytest.mark.parametrize(
    ("local", "band"),
    [
        ("2025-11-03 07:59", 2),  # Monday
        ("2025-11-03 08:00", 1),
        ("2025-11-03 18:59", 1),
        ("2025-11-03 19:00", 2),
        ("2025-11-03 23:00", 3),
        ("2025-11-03 06:59", 3),
        ("2025-11-08 12:00", 2),  # Saturday
        ("2025-11-08 23:00", 3),
        ("2025-11-09 12:00", 3),  # Sunday
        ("2025-12-08 12:00", 3),  # a holiday on a Monday
        ("2025-04-21 12:00", 3),  # Easter Monday
    ],
)
def test_the_italian_bands(local, band):
    assert band_of(at(local)) == band


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2000, (4, 23)), (2019, (4, 21)), (2024, (3, 31)), (2025, (4, 20)), (2038, (4, 25))],
)
def test_easter(year, sunday):
    assert easter(year) == date(year, *sunday)


@pytest.mark.parametrize(("day", "is_free"), [("2025-10-04", False), ("2026-10-04", True)])
def test_saint_francis_is_free_since_2026(day, is_free):
    assert is_holiday(date.fromisoformat(day)) is is_free


def test_prices_of_each_contract():
    local = [at("2025-11-03 12:00"), at("2025-11-09 12:00")]
    sources = site_of(PLAIN).sources

    prices = [prices_of(source, local, np.array([0.1, -0.02])) for source in sources]

    assert np.array(prices) == pytest.approx(
        np.array([[0.15, 0.03], [0.172, 0.128], [0.142, 0.142]])
    )


@pytest.mark.parametrize(
    ("begins", "ends", "local", "cap"),
    [
        ("17:00", "21:00", "2025-11-03 16:45", 50),
        ("17:00", "21:00", "2025-11-03 17:00", 20),
        ("17:00", "21:00", "2025-11-03 21:00", 50),
        ("17:00", "21:00", "2025-11-08 18:00", 50),  # Saturday
        ("22:00", "06:00", "2025-11-03 23:00", 20),
        ("22:00", "06:00", "2025-11-08 05:45", 20),  # of Friday's evening
        ("22:00", "06:00", "2025-11-03 05:45", 50),  # of Sunday's
        ("00:00", "24:00", "2025-11-03 12:00", 20),
    ],
)
def test_limits_by_the_clock(begins, ends, local, cap):
    limit = {"days": "mon-fri", "from": begins, "to": ends, "import_limit_kw": 20}
    site = site_of({**PLAIN, "supply_sources": [{**C, "limits": [limit]}]})

    assert import_limits(site, [at(local)]).tolist() == [[cap]]
