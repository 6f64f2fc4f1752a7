"""The course of a day in the grid: less for cars in the evening, prices that follow."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=15)
ZONE = ZoneInfo("Europe/Amsterdam")
BUSY = range(17, 21)  # local hours
SUNNY = range(11, 16)
STEPS_OF_A_DAY = 96


def quarter(at: datetime) -> datetime:
    """The quarter of an hour that it is in."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def steps(now: datetime, count: int = STEPS_OF_A_DAY) -> list[datetime]:
    first = quarter(now)
    return [first + STEP * number for number in range(count)]


def limit_kw(full_kw: float, at: datetime) -> float:
    """What the grid leaves for a connection then."""
    local = at.astimezone(ZONE)
    share = 0.5 if local.hour in BUSY else 0.8 if local.hour in SUNNY else 1.0
    return round(full_kw * share - local.day % 3, 1)


def price_kwh(at: datetime) -> float:
    local = at.astimezone(ZONE)
    base = 0.28 if local.hour in BUSY else 0.04 if local.hour in SUNNY else 0.12
    return round(base + 0.002 * (local.minute // 15) + 0.001 * (local.day % 7), 4)
