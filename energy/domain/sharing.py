"""How a site's limit is shared among the cars that charge there. Pure; amperes, watts, seconds.

Whole amperes, never more on any line than it bears. A line is whatever has a limit of its own: a
phase of the connection, the power of all phases together, a feeder behind them. First everybody
gets the least that a car charges with, in order, then shares are raised:

- a higher priority comes before a lower one, whatever follows;
- who would not be full by its departure at full power comes before who has time;
- three phases come before one: an ampere on the fullest phase then carries thrice the energy;
- who charges goes on, at least for `DWELL_S`: some cars do not wake up after a pause.

Of whom it is not known when it leaves, all get the same, and if that is too little for all they
take turns. A car that takes less than it is offered keeps what it takes and a little more.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, inf

LEAST_A = 6  # IEC 61851-1: no car charges with less
DWELL_S = 900
TURN_S = 1800  # of those that wait for each other
RETRY_S = 3600  # after which one that took nothing is offered something again
PRESSED_S = 3600  # with less time to spare than this a car is short of time
SAMPLES = 2  # so many must agree before what a car does not take is given to others
HEADROOM_A = 2  # above what a car takes, so that it can show that it wants more
IDLE_A = 1  # a car that takes less takes nothing
TOLERANCE_A = 1e-6

Line = Hashable


@dataclass(frozen=True, slots=True)
class Claim:
    """A car at an EVSE. `loads`: what each ampere of its share means on each line.

    `most_a`: what the EVSE can give. `slack_s` is for how long it could stand and still be full
    by its departure; None: nobody knows. `share_a` is what it may take at present, `since_s` for
    how long it has been charging, or waiting; `appetite_a` what it can make use of, as `appetite`
    has it.
    """

    key: Hashable
    loads: Mapping[Line, float]
    most_a: int
    priority: int = 0
    slack_s: float | None = None
    share_a: int = 0
    since_s: float = 0.0
    appetite_a: int | None = None

    @property
    def is_charging(self) -> bool:
        return self.share_a > 0

    @property
    def is_relaxed(self) -> bool:
        return self.slack_s is not None and self.slack_s > PRESSED_S

    @property
    def is_idle(self) -> bool:
        """It lacks nothing, or was offered something for long enough and took nothing; then it
        is tried again now and then."""
        if self.appetite_a != 0:
            return self.slack_s == inf
        return self.since_s >= DWELL_S if self.is_charging else self.since_s < RETRY_S

    @property
    def cap_a(self) -> int:
        """What it can make use of."""
        wanted = self.most_a if self.appetite_a is None else max(LEAST_A, self.appetite_a)
        return min(wanted, self.most_a)

    @property
    def is_kept(self) -> bool:
        """It began to charge a moment ago."""
        return self.is_charging and self.since_s < DWELL_S

    @property
    def turn(self) -> tuple[int, float]:
        """Who charges goes on, except one of whom it is not known how long it has: it makes way
        for the next after its turn."""
        if self.slack_s is not None:
            return (0 if self.is_charging else 1), self.slack_s
        if self.is_charging:
            return (0 if self.since_s < TURN_S else 2), self.since_s
        return 1, -self.since_s


@dataclass(slots=True)
class _Ledger:
    """What is left on each line, and who got what."""

    left: dict[Line, float]
    shares: dict[Hashable, int] = field(default_factory=dict)

    def room_a(self, claim: Claim) -> int:
        room = min(self.left[line] / load for line, load in claim.loads.items())
        return int(room + TOLERANCE_A)

    def give(self, claim: Claim, amperes: int) -> None:
        self.shares[claim.key] += amperes
        for line, load in claim.loads.items():
            self.left[line] -= amperes * load

    def begin(self, claim: Claim) -> None:
        """Give it the least, if it has nothing and there is room."""
        if not self.shares[claim.key] and min(self.room_a(claim), claim.most_a) >= LEAST_A:
            self.give(claim, LEAST_A)

    def lacks_a(self, claim: Claim) -> int:
        """What can still be given to one that has something."""
        share = self.shares[claim.key]
        return min(claim.cap_a - share, self.room_a(claim)) if share else 0


def share(limits: Mapping[Line, float], claims: Iterable[Claim]) -> dict[Hashable, int]:
    """The amperes that each may take from now on: 0, or at least `LEAST_A`."""
    ordered = sorted(claims, key=_order)
    ledger = _Ledger(dict(limits), {claim.key: 0 for claim in ordered})
    for _, class_ in groupby(ordered, key=lambda claim: (claim.is_idle, claim.priority)):
        of_one_priority = list(class_)
        for claim in of_one_priority:
            if claim.is_kept:
                ledger.begin(claim)
        for _, equals in groupby(of_one_priority, key=lambda claim: claim.is_relaxed):
            _share_among(list(equals), ledger)
    return ledger.shares


def _order(claim: Claim) -> tuple[object, ...]:
    """Idle ones last: they may only have what nobody else can use."""
    return (claim.is_idle, claim.priority, claim.is_relaxed, -len(claim.loads), claim.turn)


def _share_among(claims: list[Claim], ledger: _Ledger) -> None:
    for claim in sorted(claims, key=lambda one: one.turn):
        ledger.begin(claim)
    for claim in claims:
        if claim.slack_s is not None:
            ledger.give(claim, ledger.lacks_a(claim))
    _level([claim for claim in claims if claim.slack_s is None], ledger)


def _level(claims: list[Claim], ledger: _Ledger) -> None:
    """Raise all alike until each has what it can use, or a line of its own is full."""
    rising = claims
    while rising := [claim for claim in rising if ledger.lacks_a(claim) > 0]:
        crowd: dict[Line, float] = dict.fromkeys(ledger.left, 0.0)
        for claim in rising:
            for line, load in claim.loads.items():
                crowd[line] += load
        step = min(int(ledger.left[line] / load) for line, load in crowd.items() if load)
        for claim in rising:
            ledger.give(claim, min(ledger.lacks_a(claim), max(1, step)))


def appetite(before: int | None, share_a: int, drawn_a: Sequence[float]) -> int | None:
    """What a car can make use of, by what it took of its share, newest last: None: as much as
    it is given; 0: nothing. Too few samples leave it at what was known `before`."""
    newest = drawn_a[-SAMPLES:]
    if not share_a or len(newest) < SAMPLES:
        return before
    if max(newest) >= share_a - 1:
        return None
    return 0 if max(newest) < IDLE_A else ceil(max(newest)) + HEADROOM_A


def slack(left_s: float, lacking_wh: float | None, most_w: float) -> float:
    """For how long a car that leaves in `left_s` could stand and still get what it lacks (None:
    nobody knows that). One that lacks nothing has all the time."""
    if lacking_wh is None:
        return left_s
    return left_s - lacking_wh * 3600 / most_w if lacking_wh > 0 else inf


def first_steps(
    limits: Mapping[Line, float],
    claims: Sequence[Claim],
    taken: Mapping[Hashable, int],
    shares: Mapping[Hashable, int],
) -> dict[Hashable, int]:
    """Which of the new shares can be told now, beside what each may still be taking: all that are
    lower, and those that are higher as far as there is room before the lower ones are heard."""
    ledger = _Ledger(dict(limits), dict.fromkeys(taken, 0))
    for claim in claims:
        ledger.give(claim, taken[claim.key])
    steps = {}
    for claim in sorted(claims, key=_order):
        old, new = taken[claim.key], shares[claim.key]
        if new > old:
            new = min(new, old + max(0, ledger.room_a(claim)))
            new = new if new >= LEAST_A else old
            ledger.give(claim, new - old)
        if new != old:
            steps[claim.key] = new
    return steps
