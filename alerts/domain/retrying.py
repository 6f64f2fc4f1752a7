"""When to try again, and when to let it be."""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=15)
LONGEST = timedelta(hours=1)
DOUBLINGS = 10  # beyond, the longest holds
GIVE_UP = timedelta(days=1)  # with one notice
SWITCH_OFF = timedelta(days=3)  # a webhook that took nothing for so long


def next_try(*, attempts: int, owed_since: datetime, now: datetime) -> datetime | None:
    """After so many attempts (from one); None: nobody needs to hear it any more."""
    wait = min(FIRST * (1 << min(attempts - 1, DOUBLINGS)), LONGEST)
    return now + wait if now + wait < owed_since + GIVE_UP else None
