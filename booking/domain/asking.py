"""Questions to issuers: whose answer counts, and when to ask again what nobody answered."""

from collections.abc import Iterable
from datetime import timedelta

from booking.domain.facts import IssuerAnswer

SWEEP = timedelta(seconds=30)
FIRST = timedelta(seconds=30)
GIVEN_UP_AFTER = timedelta(days=10)


def best_of(answers: Iterable[IssuerAnswer | None]) -> IssuerAnswer | None:
    """One that accepts; else one whose token it is; else that nobody knows it. None: nobody
    answered."""
    given = [answer for answer in answers if answer is not None]
    return max(given, key=lambda one: (one.is_accepted, one.token is not None), default=None)


def is_due_again(age: timedelta) -> bool:
    """Whether a sweep each `SWEEP` should ask about a session of this age again: half a minute
    after it began, then after twice as long each time."""
    step = FIRST
    while step <= age:
        if age < step + SWEEP:
            return True
        step *= 2
    return False
