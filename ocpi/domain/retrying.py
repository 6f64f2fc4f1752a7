"""When to try again: soon at first, then less and less often, but for ever; and when a partner
is let alone for a while (its circuit)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ocpi.enums import Circuit

FIRST = timedelta(seconds=1)
LONGEST = timedelta(seconds=60)
DOUBLINGS = 12  # from one second to more than an hour: beyond, the longest holds
LEAST_SHARE = 0.75  # of a wait, so that partners behind one fault do not come back in step


@dataclass(frozen=True, slots=True)
class Policy:
    """How a partner's failures are met. The circuit opens after `opens_after` failures in a row
    of different kinds; where nothing answers, one tells as much as many."""

    opens_after: int = 3
    first_wait: timedelta = FIRST
    longest_wait: timedelta = LONGEST

    def wait(self, failures: int, dice: float) -> timedelta:
        """How long to let a partner alone after so many failures in a row: twice as long each
        time, up to the longest. `dice` is a random number from 0 to 1."""
        whole = _doubled(self.first_wait, failures, self.longest_wait)
        return whole * (LEAST_SHARE + (1 - LEAST_SHARE) * dice)


def retry_after(attempts: int) -> timedelta:
    """How long an object that was not taken waits after so many attempts in a row."""
    return _doubled(FIRST, attempts, LONGEST)


def circuit_of(failures: int, retry_at: datetime | None, now: datetime) -> Circuit:
    """What happens to what is due: sent; kept until `retry_at`; or one request is sent to see
    whether the partner is back."""
    if retry_at is None:
        return Circuit.UNSTEADY if failures else Circuit.CLOSED
    return Circuit.OPEN if retry_at > now else Circuit.HALF_OPEN


def _doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    doublings = min(max(times - 1, 0), DOUBLINGS)
    return min(first * (1 << doublings), longest)
