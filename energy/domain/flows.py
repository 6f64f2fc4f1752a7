"""Energy in quarter-hours, from counters that were read now and then.

Between two readings a counter is taken to have risen evenly. What is not covered by readings, or
lies in a long gap between them, is estimated, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import nan

QUARTER = timedelta(minutes=15)
QUARTERS_AN_HOUR = 4
LONGEST_GAP = timedelta(hours=1)
NOTHING_KW = 0.1  # an inverter that sleeps at night is not read, and gives nothing
COVERED = 0.99  # of a quarter

Reading = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Flow:
    """kWh of each quarter of an hour. `estimated`: some of them are not measured."""

    kwh: list[float]
    estimated: bool


def quarters(begins: datetime, ends: datetime) -> int:
    """How many there are (DST days have 92 or 100: instants are in UTC)."""
    return int((ends - begins) / QUARTER)


def flow_of(readings: Sequence[Reading], begins: datetime, count: int) -> Flow:
    """What a counter (kWh, in the order of time) rose by in each quarter. Where it fell it began
    anew; that rise is not known."""
    kwh, estimated = [0.0] * count, False
    ends = begins + count * QUARTER
    for (since, before), (at, after) in pairwise(readings):
        if at <= begins or since >= ends or at <= since:
            continue
        if after < before:
            estimated = True
            continue
        estimated = estimated or (at - since > LONGEST_GAP and after > before)
        _spread(kwh, begins, since, at, after - before)
    is_covered = bool(readings) and readings[0][0] <= begins + QUARTER
    is_covered = is_covered and readings[-1][0] >= ends - QUARTER
    return Flow(kwh, estimated or not is_covered)


def power_of(readings: Sequence[Reading], begins: datetime, count: int) -> list[float]:
    """A counter's power in each quarter, in kW; NaN where readings lie too far apart to tell."""
    kwh, covered = [0.0] * count, [0.0] * count
    for (since, before), (at, after) in pairwise(readings):
        if at <= begins or at <= since or after < before:
            continue
        hours = (at - since) / timedelta(hours=1)
        if at - since > LONGEST_GAP and (after - before) / hours > NOTHING_KW:
            continue
        _spread(kwh, begins, since, at, after - before)
        _spread(covered, begins, since, at, (at - since) / QUARTER)
    return [
        energy * QUARTERS_AN_HOUR if share >= COVERED else nan
        for energy, share in zip(kwh, covered, strict=True)
    ]


def _spread(
    kwh: list[float], begins: datetime, since: datetime, until: datetime, energy: float
) -> None:
    """Share an energy among the quarters that it was taken in, by their time."""
    first = max(int((since - begins) / QUARTER), 0)
    last = min(-int(-((until - begins) / QUARTER) // 1), len(kwh))
    whole = until - since
    for place in range(first, last):
        starts = begins + place * QUARTER
        within = min(until, starts + QUARTER) - max(since, starts)
        if within > timedelta(0):
            kwh[place] += energy * (within / whole)
