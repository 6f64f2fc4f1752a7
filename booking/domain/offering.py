"""What eMSPs are offered for bookings, beyond the terms that everybody reserves on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.domain.reserving import Terms
from booking.errors import BookingTooShort, TooLateToChange
from cpms.kernel.windows import TimeWindow

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """`shortest`: a booking lasts at least that long; `change_before`: until how long before its
    start it may be changed."""

    terms: Terms
    shortest: timedelta
    change_before: timedelta

    def require_fitting(self, window: TimeWindow, now: datetime) -> None:
        """Raises BookingTooShort, BookingTooLong, BookingTooFarAhead or BookingInPast."""
        self.terms.plan(window, now)
        if window.ends_at - window.starts_at < self.shortest:
            raise BookingTooShort(shortest_minutes=self.shortest // MINUTE)


def require_changeable(starts_at: datetime, change_before: timedelta, now: datetime) -> None:
    """Whether a booking that was made on these terms may still change. Raises
    TooLateToChange."""
    if now > starts_at - change_before:
        raise TooLateToChange(change_until=starts_at - change_before)
