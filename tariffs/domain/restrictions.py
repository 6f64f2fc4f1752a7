"""When an element of a tariff holds (OCPI 2.2.1 §11.4.6), and when that can change.

Restrictions switch an element on and off during a session. Clock and calendar are the
location's, so they are asked of the local time at an instant: the hour that summer time skips
never comes, the one that it repeats comes twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from tariffs.domain.model import Restrictions

DAY = timedelta(days=1)
MIDNIGHT = time(0)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """What restrictions look at: the local time, Wh and seconds of the session so far, and how
    fast the car charges (0 while it does not, and where nothing says)."""

    local: datetime
    energy_wh: Decimal
    duration_s: Decimal
    current_a: Decimal = Decimal(0)
    power_kw: Decimal = Decimal(0)


def hold(said: Restrictions, moment: Moment) -> bool:
    """Whether all of them do; `reservation` is not asked here."""
    return (
        (not said.reads_clock or _on_clock(said, moment.local))
        and _within(said.min_wh, moment.energy_wh, said.max_wh)
        and _within(said.min_duration_s, moment.duration_s, said.max_duration_s)
        and _within(said.min_current_a, moment.current_a, said.max_current_a)
        and _within(said.min_power_kw, moment.power_kw, said.max_power_kw)
    )


def _within(least: Decimal | int | None, value: Decimal, most: Decimal | int | None) -> bool:
    return (least is None or least <= value) and (most is None or value < most)


def _on_clock(said: Restrictions, local: datetime) -> bool:
    today = local.date()
    return (
        (not said.weekdays or today.weekday() in said.weekdays)
        and (said.from_date is None or said.from_date <= today)
        and (said.until_date is None or today < said.until_date)
        and _in_hours(said.from_time, local.time(), said.until_time)
    )


def _in_hours(begin: time | None, now: time, end: time | None) -> bool:
    if begin is not None and end is not None and end < begin:  # over midnight
        return now >= begin or now < end
    return (begin is None or begin <= now) and (end is None or now < end)


def clock_changes(
    restrictions: Iterable[Restrictions], zone: tzinfo, begin: datetime, end: datetime
) -> list[datetime]:
    """The instants inside (begin, end) at which one of these may switch by clock or calendar,
    in order: a superset is harmless."""
    times: set[time] = set()
    days: set[date] | None = set()  # None: every day
    for said in restrictions:
        if not said.reads_clock:
            continue
        edges = {edge for edge in (said.from_time, said.until_time) if edge is not None}
        times |= edges
        if edges or said.weekdays:
            days = None
        elif days is not None:
            days |= {day for day in (said.from_date, said.until_date) if day is not None}
    if days is not None and not days:
        return []
    found = {
        instant
        for day in _days(zone, begin, end)
        if days is None or day in days
        for instant in _instants(day, times, zone)
    }
    return sorted(instant for instant in found if begin < instant < end)


def _days(zone: tzinfo, begin: datetime, end: datetime) -> Iterator[date]:
    day, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        yield day
        day += DAY


def _instants(day: date, times: set[time], zone: tzinfo) -> Iterator[datetime]:
    """When the clock shows midnight or one of the times on a day, once or twice, and when it
    was put forward or back."""
    for at in {MIDNIGHT, *times}:
        for fold in (0, 1):
            yield datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
    begin = datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)
    if begin.astimezone(zone).utcoffset() != (begin + DAY).astimezone(zone).utcoffset():
        yield _transition(begin, begin + DAY, zone)


def _transition(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant in (before, after] from which the zone has another offset."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
