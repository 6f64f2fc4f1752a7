"""Periods of time that cannot be wrong."""

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
