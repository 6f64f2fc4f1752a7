"""Energy in quarter-hours, from counters that were read now and then.

Between two readings a counter is taken to have risen evenly. What is not covered by readings, or
lies in a long gap between them, is estimated, and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, nan

QUARTER = timedelta(minutes=15)
QUARTERS_AN_HOUR = 4
LONGEST_GAP = timedelta(hours=1)
LONGEST = LONGEST_GAP / QUARTER
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
    kwh = [0.0] * count
    estimated = add_flow(kwh, readings, begins)
    ends = begins + count * QUARTER
    is_covered = bool(readings) and readings[0][0] <= begins + QUARTER
    is_covered = is_covered and readings[-1][0] >= ends - QUARTER
    return Flow(kwh, estimated or not is_covered)


def add_flow(kwh: list[float], readings: Sequence[Reading], begins: datetime) -> bool:
    """Add to the quarters from `begins` on what a counter rose by. Returns whether some of it is
    estimated, or not known."""
    estimated = False
    for (since, before), (at, after) in _steps(readings, begins, len(kwh)):
        if after < before:
            estimated = True
            continue
        estimated = estimated or (at - since > LONGEST and after > before)
        _spread(kwh, since, at, after - before)
    return estimated


def power_of(readings: Sequence[Reading], begins: datetime, count: int) -> list[float]:
    """A counter's power in each quarter, in kW; NaN where readings lie too far apart to tell."""
    kwh, covered = [0.0] * count, [0.0] * count
    for (since, before), (at, after) in _steps(readings, begins, count):
        kw = (after - before) / (at - since) * QUARTERS_AN_HOUR
        if kw < 0 or (at - since > LONGEST and kw > NOTHING_KW):
            continue
        _spread(kwh, since, at, after - before)
        _spread(covered, since, at, at - since)
    return [
        energy * QUARTERS_AN_HOUR if share >= COVERED else nan
        for energy, share in zip(kwh, covered, strict=True)
    ]


Position = tuple[float, float]


def _steps(
    readings: Sequence[Reading], begins: datetime, count: int
) -> Iterator[tuple[Position, Position]]:
    """Neighbours in time that have to do with the quarters, their times counted in quarters from
    `begins` on: cheaper than instants, of which a month has thousands."""
    positions = [((at - begins) / QUARTER, kwh) for at, kwh in readings]
    for earlier, later in pairwise(positions):
        if later[0] > 0 and earlier[0] < count and later[0] > earlier[0]:
            yield earlier, later


def _spread(kwh: list[float], since: float, until: float, energy: float) -> None:
    """Share an energy among the quarters that it was taken in, by their time."""
    per_quarter = energy / (until - since)
    for place in range(max(int(since), 0), min(ceil(until), len(kwh))):
        kwh[place] += per_quarter * (min(until, place + 1) - max(since, place))
