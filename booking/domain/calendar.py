"""When something can be booked: opening hours, less what is promised already. Pure rules.

A calendar begins at midnight today, where the place is, and what has passed of today is not cut
off: so it changes when somebody books, and at midnight, and not by the minute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cpms.kernel.windows import TimeWindow, union, without

DAY = timedelta(days=1)
Hours = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """An EVSE, as far as its calendar goes: what it can deliver, when it is promised, and from
    when on it is in service (None: it is not)."""

    power_w: int
    in_service_from: datetime | None
    taken: Sequence[TimeWindow] = ()


@dataclass(frozen=True, slots=True)
class Timeslot:
    """Any part of this window can be booked whole, at up to `power_w`."""

    window: TimeWindow
    power_w: int


def span_of(zone: ZoneInfo, now: datetime, ahead: timedelta) -> TimeWindow:
    """What a calendar covers: whole days there, today the first."""
    today = now.astimezone(zone).date()
    return TimeWindow(_at(zone, today, time()), _at(zone, today + ahead, time()))


def opened(hours: Hours | None, zone: ZoneInfo, span: TimeWindow) -> list[TimeWindow]:
    """When a place is open within `span`, by its OCPI Hours (2.2.1 §8.4.14): always, if it says
    nothing."""
    if hours is None:
        return [span]
    usual = [span] if hours.get("twentyfourseven") else _regular(hours, zone, span)
    extra = _exceptional(hours.get("exceptional_openings", ()))
    open_then = without([*usual, *extra], _exceptional(hours.get("exceptional_closings", ())))
    return [part for window in open_then for part in _within(window, span)]


def timeslots(
    open_then: Iterable[TimeWindow], places: Iterable[Place], shortest: timedelta
) -> list[Timeslot]:
    """The timeslots of alike places, in order: free windows of at least `shortest` of one place
    each, without those that another's window holds at no less power."""
    hours = list(open_then)
    found = {
        Timeslot(window, place.power_w)
        for place in places
        for window in _free(hours, place)
        if window.ends_at - window.starts_at >= shortest
    }
    kept: list[Timeslot] = []
    running: list[Timeslot] = []  # of those kept: only they can hold one that begins now
    for slot in sorted(found, key=_widest_first):
        running = [other for other in running if other.window.ends_at > slot.window.starts_at]
        if not any(_covers(other, slot) for other in running):
            kept.append(slot)
            running.append(slot)
    return kept


def _widest_first(slot: Timeslot) -> tuple[datetime, float, int]:
    return slot.window.starts_at, -slot.window.ends_at.timestamp(), -slot.power_w


def _covers(other: Timeslot, slot: Timeslot) -> bool:
    return other.power_w >= slot.power_w and other.window.contains(slot.window)


def _free(hours: list[TimeWindow], place: Place) -> list[TimeWindow]:
    if place.in_service_from is None:
        return []
    free = without(hours, place.taken)
    return [part for window in free for part in _from(window, place.in_service_from)]


def _from(window: TimeWindow, start: datetime) -> list[TimeWindow]:
    begin = max(window.starts_at, start)
    return [TimeWindow(begin, window.ends_at)] if begin < window.ends_at else []


def _within(window: TimeWindow, span: TimeWindow) -> list[TimeWindow]:
    begin, end = max(window.starts_at, span.starts_at), min(window.ends_at, span.ends_at)
    return [TimeWindow(begin, end)] if begin < end else []


def _regular(hours: Hours, zone: ZoneInfo, span: TimeWindow) -> list[TimeWindow]:
    """The weekly hours, on every day of the span and the one before it."""
    first = span.starts_at.astimezone(zone).date() - DAY
    days = [first + n * DAY for n in range((span.ends_at - span.starts_at) // DAY + 3)]
    return union(
        window
        for day in days
        for period in hours.get("regular_hours", ())
        if period["weekday"] == day.isoweekday()
        for window in _on(day, period, zone)
    )


def _on(day: date, period: Hours, zone: ZoneInfo) -> list[TimeWindow]:
    """One period on a day; one that ends no later than it begins ends on the next. An hour that
    the clocks skip may leave nothing."""
    begin, end = _time(period["period_begin"]), _time(period["period_end"])
    last = day + DAY if end <= begin else day
    starts_at, ends_at = _at(zone, day, begin), _at(zone, last, end)
    return [TimeWindow(starts_at, ends_at)] if starts_at < ends_at else []


def _time(text: str) -> time:
    """`24:00`, which some write, is midnight too."""
    return time() if text == "24:00" else time.fromisoformat(text)


def _at(zone: ZoneInfo, day: date, at: time) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _exceptional(periods: Iterable[Hours]) -> list[TimeWindow]:
    return union(
        TimeWindow(_instant(period["period_begin"]), _instant(period["period_end"]))
        for period in periods
        if _instant(period["period_begin"]) < _instant(period["period_end"])
    )


def _instant(text: str) -> datetime:
    """An OCPI DateTime; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
