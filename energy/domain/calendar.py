"""What contracts and limits say of each quarter of an hour."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from energy.domain.site import Bands, Flat, Site, Spot, SupplySource, TimedLimit

Series = npt.NDArray[np.float64]
"""One value for each step, or a row of them for each source."""

STEP = timedelta(minutes=15)
STEP_H = 0.25
STEPS_A_DAY = 96
SATURDAY, SUNDAY = 5, 6
DAY, WORKING_DAY = range(7, 23), range(8, 19)  # hours
FIXED_HOLIDAYS = frozenset(
    [(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)]
)
SAINT_FRANCIS, HOLIDAY_SINCE = (10, 4), 2026  # a holiday again by law 151/2025


def prices_of(source: SupplySource, local: Sequence[datetime], spot: Series) -> Series:
    """EUR/kWh of each step. `spot` is the day-ahead price in EUR/kWh."""
    match source.contract:
        case Spot(adder):
            return spot + adder
        case Flat(price):
            return np.full(len(local), price)
        case Bands(f1, f2, f3):
            by_band = {1: f1, 2: f2, 3: f3}
            return np.array([by_band[band_of(at)] for at in local])


def import_limits(site: Site, local: Sequence[datetime]) -> Series:
    """What each source may give in each step, in kW: contracted, or less while a limit holds."""
    caps = np.empty((len(site.sources), len(local)))
    for row, source in enumerate(site.sources):
        caps[row] = source.import_limit_kw
        for limit in source.limits:
            holding = np.array([_holds(limit, at) for at in local], dtype=bool)
            caps[row, holding] = np.minimum(caps[row, holding], limit.import_limit_kw)
    return caps


def band_of(local: datetime) -> int:
    """1 to 3: the Italian time bands F1, F2, F3 (ARERA resolution 181/06)."""
    day, hour = local.date(), local.hour
    if local.weekday() == SUNDAY or is_holiday(day) or hour not in DAY:
        return 3
    if local.weekday() == SATURDAY or hour not in WORKING_DAY:
        return 2
    return 1


@lru_cache(maxsize=4096)
def is_holiday(day: date) -> bool:
    """Whether it is a national holiday in Italy (Sundays apart)."""
    if (day.month, day.day) in FIXED_HOLIDAYS:
        return True
    if (day.month, day.day) == SAINT_FRANCIS and day.year >= HOLIDAY_SINCE:
        return True
    return day == easter(day.year) + timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday (Gregorian computus, Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    length = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * length) // 451
    month, day = divmod(h + length - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _holds(limit: TimedLimit, local: datetime) -> bool:
    at, weekday = local.time(), local.weekday()
    if limit.begins < limit.ends:
        return weekday in limit.days and limit.begins <= at < limit.ends
    if at >= limit.begins:
        return weekday in limit.days
    return (weekday - 1) % 7 in limit.days and at < limit.ends  # begun the evening before
