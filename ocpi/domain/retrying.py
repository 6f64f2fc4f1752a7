"""When to try again: soon at first, at least once a minute, for ever."""

from datetime import timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(seconds=60)
DOUBLINGS = 6  # 1 s to 64 s: beyond, the longest holds
OPENS_AFTER = 3  # refusals of different kinds in a row; a peer that cannot be reached: 1


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    doublings = min(max(attempts - 1, 0), DOUBLINGS)
    return min(FIRST * (1 << doublings), LONGEST)
