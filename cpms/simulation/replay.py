"""Who comes when: recorded sessions laid over the present, or visits drawn by chance. Pure."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from cpms.simulation.physics import Car, Outlet

RECORDED = Path(__file__).parent / "demo" / "sessions_lochee.csv"
FIRST_DAY = datetime(2018, 6, 18)  # noqa: DTZ001 -- a Monday, by the wall clock of the place
CYCLE = timedelta(days=14)
BUSY = datetime(2018, 6, 21, 16, 0)  # noqa: DTZ001 -- Thursday, when most cars charge
SHIFT_DAYS = (0, 7, 1, 8, 2, 9, 3, 10)

AC_CARS = ((3_680, 1), (7_360, 1), (11_000, 3), (22_000, 3))  # W on board, phases
BATTERIES_WH = (40_000, 52_000, 58_000, 64_000, 77_000)
DC_FULL = 0.8  # where drivers unplug from a rapid charger
SPARE = 0.85  # share of the stay in which a car gets what it came for


@dataclass(frozen=True, slots=True)
class Recorded:
    """A real session, by the wall clock of its place."""

    starts: datetime
    ends: datetime
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes, wants so much energy, and leaves."""

    arrives_at: datetime
    leaves_at: datetime
    energy_wh: int

    @property
    def stay_s(self) -> float:
        return (self.leaves_at - self.arrives_at).total_seconds()

    def rest(self, now: datetime) -> "Visit":
        """What is left of it when the station is only there from `now` on."""
        if now <= self.arrives_at:
            return self
        left = (self.leaves_at - now).total_seconds() / self.stay_s
        return Visit(now, self.leaves_at, round(self.energy_wh * left))


def recorded_sessions(path: Path = RECORDED) -> dict[str, list[Recorded]]:
    """The sample by slot: `DC1` … for rapid chargers, `AC1` … for sockets."""
    slots: dict[str, list[Recorded]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            starts, ends = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
            slots[row["slot"]].append(Recorded(starts, ends, round(float(row["kwh"]) * 1000)))
    return dict(slots)


def slot_of(outlet: Outlet, nth: int, slots: dict[str, list[Recorded]]) -> tuple[str, int]:
    """The slot that the `nth` outlet of its kind replays, and by how many days it is shifted, so
    that two outlets with the same slot do not move in step."""
    kind = "DC" if outlet.is_dc else "AC"
    names = sorted(name for name in slots if name.startswith(kind))
    return names[nth % len(names)], SHIFT_DAYS[nth // len(names) % len(SHIFT_DAYS)]


def replayed(
    sessions: list[Recorded], zone: ZoneInfo, at: datetime, shift_days: int = 0
) -> Iterator[Visit]:
    """The visits from `at` on, without end: same weekday and time of day as recorded."""
    wall = at.astimezone(zone).replace(tzinfo=None)
    for starts, ends, session in _without_end(sessions, wall, timedelta(days=shift_days)):
        arrives_at = starts.replace(tzinfo=zone).astimezone(UTC)
        yield Visit(arrives_at, arrives_at + (ends - starts), session.energy_wh)


def hastened(
    sessions: list[Recorded], at: datetime, speed: float, shift_days: int = 0
) -> Iterator[Visit]:
    """The visits from `at` on, without end, as if it were then a busy hour and people lived
    `speed` times as fast. Cars charge at their real power, so each takes less energy."""
    for starts, ends, session in _without_end(sessions, BUSY, timedelta(days=shift_days)):
        arrives_at = at + (starts - BUSY) / speed
        leaves_at = at + (ends - BUSY) / speed
        yield Visit(arrives_at, leaves_at, max(1, round(session.energy_wh / speed)))


def _without_end(
    sessions: list[Recorded], wall: datetime, shift: timedelta
) -> Iterator[tuple[datetime, datetime, Recorded]]:
    """The fortnight again and again: start and end of whatever is not over at `wall`."""
    offsets = sorted(((s.starts - FIRST_DAY + shift) % CYCLE, s.starts, s) for s in sessions)
    for cycle in count((wall - FIRST_DAY) // CYCLE - 1):
        monday = FIRST_DAY + cycle * CYCLE
        for offset, starts, session in offsets:
            ends = monday + offset + (session.ends - starts)
            if ends > wall:
                yield monday + offset, ends, session


@dataclass(frozen=True, slots=True)
class Habits:
    """Bounds in seconds of stays and of the gaps between them."""

    stay_s: tuple[float, float] = (20, 90)
    gap_s: tuple[float, float] = (2, 20)
    first_s: tuple[float, float] = (0, 2)


def by_chance(habits: Habits, outlet: Outlet, at: datetime, dice: Random) -> Iterator[Visit]:
    """Visits without end, one after the other."""
    arrives_at = at + timedelta(seconds=dice.uniform(*habits.first_s))
    while True:
        stay_s = dice.uniform(*habits.stay_s)
        leaves_at = arrives_at + timedelta(seconds=stay_s)
        energy_wh = round(outlet.max_w * stay_s / 3600 * dice.uniform(0.4, 0.95))
        yield Visit(arrives_at, leaves_at, max(energy_wh, 50))
        arrives_at = leaves_at + timedelta(seconds=dice.uniform(*habits.gap_s))


def car_for(visit: Visit, outlet: Outlet, dice: Random) -> Car:
    """A car that would take about that much in that stay."""
    wanted_w = visit.energy_wh / max(visit.stay_s * SPARE / 3600, 1 / 3600)
    roomy = [size for size in BATTERIES_WH if visit.energy_wh <= 0.75 * size]
    battery_wh = float(dice.choice(roomy or [max(visit.energy_wh * 2, BATTERIES_WH[-1])]))
    if outlet.is_dc:
        stored_wh = max(DC_FULL * battery_wh - visit.energy_wh, 0.04 * battery_wh)
        rate_w = round(min(max(wanted_w, 12_000), outlet.max_w))
        return Car(battery_wh, stored_wh, dc_max_w=rate_w, target_wh=stored_wh + visit.energy_wh)
    fitting = [car for car in AC_CARS if car[0] >= wanted_w]
    rate_w, phases = fitting[0] if fitting else AC_CARS[-1]
    stored_wh = battery_wh - visit.energy_wh
    return Car(battery_wh, stored_wh, ac_max_w=rate_w, phases=phases)
