"""Periods of time that cannot be wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cpms.kernel.errors import Invalid


class EmptyWindow(Invalid):
    code, message = "empty_window", "A period must end after it starts."


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Half-open interval `[starts_at, ends_at)`: back-to-back windows do not overlap.

    Raises EmptyWindow where it would not last.
    """

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise EmptyWindow(starts_at=self.starts_at, ends_at=self.ends_at)

    @classmethod
    def lasting(cls, starts_at: datetime, duration: timedelta) -> "TimeWindow":
        return cls(starts_at, starts_at + duration)

    def overlaps(self, other: "TimeWindow") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: "TimeWindow") -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at


def union(windows: Iterable[TimeWindow]) -> list[TimeWindow]:
    """The same time in as few windows as can be, in order."""
    joined: list[TimeWindow] = []
    for window in sorted(windows, key=lambda one: one.starts_at):
        if joined and window.starts_at <= joined[-1].ends_at:
            end = max(joined[-1].ends_at, window.ends_at)
            joined[-1] = TimeWindow(joined[-1].starts_at, end)
        else:
            joined.append(window)
    return joined


def without(windows: Iterable[TimeWindow], taken: Iterable[TimeWindow]) -> list[TimeWindow]:
    """What is left of windows when others are taken out, in order."""
    left = union(windows)
    for hole in union(taken):
        left = [part for window in left for part in _around(window, hole)]
    return left


def _around(window: TimeWindow, hole: TimeWindow) -> list[TimeWindow]:
    if not window.overlaps(hole):
        return [window]
    edges = ((window.starts_at, hole.starts_at), (hole.ends_at, window.ends_at))
    return [TimeWindow(begin, end) for begin, end in edges if begin < end]
