"""When will an EVSE be free? A figure for drivers, not a promise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cpms.kernel.windows import TimeWindow
from stations.enums import ChargeType

USUAL = {  # median stay at public EVSEs of that type
    ChargeType.SLOW: timedelta(hours=3),
    ChargeType.FAST: timedelta(hours=2),
    ChargeType.RAPID: timedelta(minutes=35),
}
FULL_PERCENT = {ChargeType.SLOW: 100, ChargeType.FAST: 100, ChargeType.RAPID: 80}
SHORTEST_PROGRESS = timedelta(minutes=3)
SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Occupation:
    """A car at an EVSE: since when, its state of charge then and now, if the station tells."""

    started_at: datetime
    soc_percent: int | None = None
    soc_start_percent: int | None = None
    ends_at: datetime | None = None  # known, as of maintenance
    promised: Sequence[TimeWindow] = ()  # to others, in the order of time


def free_at(kind: ChargeType, occupation: Occupation, now: datetime) -> datetime:
    """When the next car can come: when this one should be gone (as known, as its battery fills,
    else after a usual stay), and the EVSE is not kept for somebody."""
    at = _gone_at(kind, occupation, now)
    for window in occupation.promised:
        if window.starts_at <= at < window.ends_at:
            at = window.ends_at
    return at


def _gone_at(kind: ChargeType, occupation: Occupation, now: datetime) -> datetime:
    if occupation.ends_at is not None:
        return max(occupation.ends_at, now)
    by_battery = _when_full(kind, occupation, now)
    if by_battery is not None:
        return by_battery
    return max(occupation.started_at + USUAL[kind], now + SOON)


def _when_full(kind: ChargeType, occupation: Occupation, now: datetime) -> datetime | None:
    soc, start = occupation.soc_percent, occupation.soc_start_percent
    elapsed = now - occupation.started_at
    if soc is None or start is None or elapsed < SHORTEST_PROGRESS or soc <= start:
        return None
    missing = max(FULL_PERCENT[kind] - soc, 0)
    return max(now + elapsed / (soc - start) * missing, now + SOON)


def first_free_at(
    kind: ChargeType, occupations: Iterable[Occupation], now: datetime
) -> datetime | None:
    """The earliest of them; None when nothing is occupied."""
    return min((free_at(kind, occupation, now) for occupation in occupations), default=None)
