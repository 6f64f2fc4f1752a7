"""A day as a row of half hours, for calendars that are tables. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from math import ceil, floor
from typing import Generic, TypeVar

from cpms.kernel.windows import TimeWindow

SLOT, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
T = TypeVar("T")


@dataclass(slots=True)
class Cell(Generic[T]):
    """So many half hours, and what happens in them; nothing: they are free."""

    slots: int
    things: list[T] = field(default_factory=list)


def day_in(zone: tzinfo, day: date) -> TimeWindow:
    """From midnight to midnight by the local clock: 23 to 25 hours."""
    begin, end = (datetime.combine(one, time(), zone) for one in (day, day + DAY))
    return TimeWindow(begin, end)


def hours_of(day: TimeWindow, zone: tzinfo) -> list[Cell[datetime]]:
    """The hours of a day, each with the local time at which it begins."""
    cells = []
    at = day.starts_at
    while (begin := at.timestamp()) < (end := day.ends_at.timestamp()):
        length = timedelta(seconds=min(HOUR.total_seconds(), end - begin))
        local = datetime.fromtimestamp(begin, zone)
        cells.append(Cell(max(round(length / SLOT), 1), [local]))
        at = datetime.fromtimestamp(begin + length.total_seconds(), zone)
    return cells


def laid_out(day: TimeWindow, things: Iterable[tuple[TimeWindow, T]]) -> list[Cell[T]]:
    """The half hours that windows (in order, none over another) touch, and the free ones between.
    Where two touch the same one it is the earlier one's; a window that has none left stands in the cell of the one before."""
    cells: list[Cell[T]] = []
    whole = round(_slots(day, day.ends_at))
    used = 0
    for window, thing in things:
        begin = max(floor(_slots(day, window.starts_at)), used)
        end = min(ceil(_slots(day, window.ends_at)), whole)
        if end <= begin:
            if cells and cells[-1].things:
                cells[-1].things.append(thing)
            continue
        if begin > used:
            cells.append(Cell(begin - used))
        cells.append(Cell(end - begin, [thing]))
        used = end
    if used < whole:
        cells.append(Cell(whole - used))
    return cells


def _slots(day: TimeWindow, at: datetime) -> float:
    """How many half hours after midnight, 0 at the earliest. Instants, for clocks are put back."""
    return max(at.timestamp() - day.starts_at.timestamp(), 0) / SLOT.total_seconds()
