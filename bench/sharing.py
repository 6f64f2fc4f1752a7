"""What power sharing delivers of what could be delivered: recorded sessions under a tight limit.

40 % of the cars charge with three phases of 16 A, the others with one of 32 A, turned over the
phases. The bound is a linear program that knows every arrival and needs no least current.
"""

import csv
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

import highspy
import numpy as np

from energy.domain import sharing

SAMPLE = Path(__file__).parent / "data" / "sessions_paris.csv"
STEP_S, VOLTS, PHASES = 300, 230, 3
TIGHT_A, MODERATE_A, SCARCE_A = 57, 80, 30
WH_PER_A = VOLTS * STEP_S / 3600  # of one phase, in a step
NEARLY = 0.99
UNKNOWN = {"departure": False, "need": False}


@dataclass(frozen=True, slots=True)
class Visit:
    """A recorded session: steps [begins, ends), watt-hours, phases, amperes per phase."""

    begins: int
    ends: int
    wh: float
    phases: tuple[int, ...]
    most_a: int

    @property
    def wh_per_a(self) -> float:
        return WH_PER_A * len(self.phases)


@dataclass(slots=True)
class Car:
    """A visit under way."""

    visit: Visit
    lacks_wh: float
    changed_at: int
    share_a: int = 0
    drawn_a: tuple[float, ...] = ()
    appetite_a: int | None = None

    def claim(self, key: int, step: int, *, departure: bool, need: bool) -> sharing.Claim:
        slack_s = None
        if departure:
            full_w = VOLTS * len(self.visit.phases) * self.visit.most_a
            lacking_wh = self.lacks_wh if need else None
            slack_s = sharing.slack((self.visit.ends - step) * STEP_S, lacking_wh, full_w)
        self.appetite_a = sharing.appetite(self.appetite_a, self.share_a, self.drawn_a)
        return sharing.Claim(
            key=key,
            loads=dict.fromkeys(self.visit.phases, 1.0),
            most_a=self.visit.most_a,
            slack_s=slack_s,
            share_a=self.share_a,
            since_s=(step - self.changed_at) * STEP_S,
            appetite_a=self.appetite_a,
        )

    def charge(self, share_a: int, step: int) -> tuple[float, bool]:
        """Charge for a step: the energy, and whether it was paused before it was full."""
        is_paused = bool(self.share_a) and not share_a and self.lacks_wh > 0
        if bool(share_a) != bool(self.share_a):
            self.changed_at = step
        if share_a != self.share_a:
            self.share_a, self.drawn_a = share_a, ()
        given_wh = min(share_a * self.visit.wh_per_a, self.lacks_wh)
        self.lacks_wh -= given_wh
        self.drawn_a = (*self.drawn_a, given_wh / self.visit.wh_per_a)[-sharing.SAMPLES :]
        return given_wh, is_paused


@dataclass(slots=True)
class Outcome:
    """`delivered` and `served` are shares of the wanted energy and of the sessions; `over`
    counts the phases that were over the limit, each step."""

    delivered: float = 0.0
    served: float = 0.0
    pauses_per_session: float = 0.0
    over: int = 0


def visits() -> list[Visit]:
    random, found, singles = Random(1), [], 0
    with SAMPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    midnight = datetime.fromisoformat(rows[0]["start"]).replace(hour=0, minute=0)
    for row in rows:
        starts, ends = (datetime.fromisoformat(row[name]) - midnight for name in ("start", "end"))
        begins = int(starts.total_seconds() // STEP_S)
        until = max(begins + 1, -int(-ends.total_seconds() // STEP_S))
        phases, most_a = (0, 1, 2), 16
        if random.random() >= 0.4:  # noqa: PLR2004 -- the share of three-phase cars
            phases, most_a, singles = (singles % PHASES,), 32, singles + 1
        found.append(Visit(begins, until, float(row["wh"]), phases, most_a))
    return found


def bound(those: list[Visit], limit_a: float) -> float:
    """The largest share of the energy that anybody could deliver."""
    upper, cost, starts, rows, values = [], [], [], [], []
    row_of: dict[object, int] = {}
    limits: list[float] = []

    def row(key: object, limit: float) -> int:
        if key not in row_of:
            row_of[key] = len(limits)
            limits.append(limit)
        return row_of[key]

    for visit in those:
        for step in range(visit.begins, visit.ends):
            starts.append(len(rows))
            rows += [row(visit, visit.wh)] + [row((step, one), limit_a) for one in visit.phases]
            values += [visit.wh_per_a] + [1.0] * len(visit.phases)
            cost.append(-visit.wh_per_a)
            upper.append(visit.most_a)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(cost), len(limits)
    program.col_cost_, program.col_upper_ = np.array(cost), np.array(upper, float)
    program.col_lower_ = np.zeros(len(cost))
    program.row_lower_ = np.full(len(limits), -highspy.kHighsInf)
    program.row_upper_ = np.array(limits)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.array([*starts, len(rows)], np.int32)
    program.a_matrix_.index_ = np.array(rows, np.int32)
    program.a_matrix_.value_ = np.array(values)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 -- HiGHS has no names
    solver.passModel(program)
    solver.run()
    return float(-solver.getInfo().objective_function_value / sum(one.wh for one in those))


def replay(
    those: list[Visit], limit_a: float, *, departure: bool = True, need: bool = True
) -> Outcome:
    """Share step by step, knowing of a car that is there when it leaves and what it lacks."""
    outcome, pauses, delivered = Outcome(), 0, 0.0
    limits = dict.fromkeys(range(PHASES), float(limit_a))
    lacking: dict[int, float] = {}
    for step, cars in _present(those):
        claims = [car.claim(key, step, departure=departure, need=need) for key, car in cars.items()]
        shares = sharing.share(limits, claims)
        load = dict.fromkeys(range(PHASES), 0)
        for key, car in cars.items():
            given_wh, is_paused = car.charge(shares[key], step)
            delivered, pauses = delivered + given_wh, pauses + is_paused
            lacking[key] = car.lacks_wh
            for phase in car.visit.phases:
                load[phase] += shares[key]
        outcome.over += sum(one > limit_a for one in load.values())
    full = sum(lacking[key] <= (1 - NEARLY) * visit.wh for key, visit in enumerate(those))
    outcome.delivered = delivered / sum(one.wh for one in those)
    outcome.served = full / len(those)
    outcome.pauses_per_session = pauses / len(those)
    return outcome


def _present(those: list[Visit]) -> Iterator[tuple[int, dict[int, Car]]]:
    coming = defaultdict(list)
    for key, visit in enumerate(those):
        coming[visit.begins].append(key)
    cars: dict[int, Car] = {}
    for step in range(min(coming), max(one.ends for one in those)):
        cars = {key: car for key, car in cars.items() if car.visit.ends > step}
        cars |= {key: Car(those[key], those[key].wh, step) for key in coming[step]}
        if cars:
            yield step, cars


def crowd(size: int) -> list[sharing.Claim]:
    """So many cars at once, of every kind."""
    random, claims = Random(1), []
    for key in range(size):
        phases = (0, 1, 2) if random.random() < 0.4 else (key % PHASES,)  # noqa: PLR2004
        claims.append(
            sharing.Claim(
                key=key,
                loads=dict.fromkeys(phases, 1.0),
                most_a=16 if len(phases) == PHASES else 32,
                priority=random.randrange(2),
                slack_s=random.choice([None, random.uniform(0, 20_000)]),
                share_a=random.choice([0, 6, 10]),
                since_s=random.uniform(0, 5_000),
                appetite_a=random.choice([None, None, 0, 8]),
            )
        )
    return claims


def decision_ms(size: int = 60, rounds: int = 200) -> float:
    """CPU-milliseconds of one decision among so many, under a limit that lets a third charge."""
    claims, limits = crowd(size), dict.fromkeys(range(PHASES), 6.0 * size / 3)
    began = time.process_time()
    for _ in range(rounds):
        sharing.share(limits, claims)
    return (time.process_time() - began) * 1000 / rounds


def report() -> None:
    those = visits()
    print(f"{len(those)} sessions; delivered, share of the bound, served, pauses, phases over")
    for limit_a, least in ((SCARCE_A, 0.95), (TIGHT_A, 0.95), (MODERATE_A, 0.985)):
        most = bound(those, limit_a)
        for name, knows in (("all known", {}), ("departure unknown", UNKNOWN)):
            found = replay(those, limit_a, **knows)
            ratio = found.delivered / most
            reached = ratio >= least and found.pauses_per_session < 0.5 and not found.over  # noqa: PLR2004
            verdict = "" if knows else f"  must be >= {least}  {'held' if reached else 'MISSED'}"
            print(
                f"{limit_a:3} A, bound {most:.3f}, {name:18}{found.delivered:7.3f}{ratio:8.3f}"
                f"{found.served:7.2f}{found.pauses_per_session:7.2f}{found.over:4}{verdict}"
            )
    ms = decision_ms()
    print(f"a decision among 60: {ms:.2f} ms, must be < 1  {'held' if ms < 1 else 'MISSED'}")
