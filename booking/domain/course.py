"""The course of a session from meter readings: when how much energy flowed, when the car stood
connected without asking for any (OCPI 2.2.1 §10.4.3: PARKING_TIME).

Registers decide. A reading that runs backwards or beyond what the session delivered counts for
nothing, so the periods always add up to the session's energy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tariffs.domain.usage import ZERO, Period, seconds

IDLE_W = 50  # below: the standby of a station and a sleeping car
SHORT = timedelta(minutes=1)  # the average of a minute is what power means
COARSE = timedelta(minutes=5)  # a register that counts by 0.1 kWh may rest so long while charging
VOLTS = 230  # of a phase, where nobody told its current
KW = Decimal("3.6")  # of one Wh per second


@dataclass(frozen=True, slots=True)
class Reading:
    """What was known at an instant: the register in Wh, the power, the sum of the currents over
    all phases. `is_withheld`: the station offered nothing, so the car could not charge."""

    at: datetime
    energy_wh: int | None = None
    power_w: int | None = None
    current_a: float | None = None
    is_withheld: bool = False


@dataclass(slots=True)
class Stretch:
    """Between two registers. `is_measured`: power was told too, so that an idle stretch is not
    only what a coarse register makes of a slow charge."""

    starts_at: datetime
    ends_at: datetime
    energy_wh: int
    is_idle: bool
    is_measured: bool
    current_a: float | None

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when to when, from which register on, how many Wh in all; `is_over`: the end is
    where the station's last register was."""

    starts_at: datetime
    ends_at: datetime
    meter_start_wh: int
    energy_wh: int
    is_over: bool


def periods_of(bounds: Bounds, readings: Iterable[Reading], *, in_detail: bool) -> list[Period]:
    """The session's periods, in order and without a gap. `in_detail`: about one per minute;
    else only as many as there are changes between charging and standing."""
    if bounds.ends_at <= bounds.starts_at:
        return [Period(bounds.starts_at, bounds.starts_at, Decimal(bounds.energy_wh))]
    stretches = _with_short_rests_charging(list(_stretches(bounds, readings)))
    longest = SHORT if in_detail else None
    return [_period(stretch) for stretch in _joined(stretches, longest)]


def _stretches(bounds: Bounds, readings: Iterable[Reading]) -> Iterator[Stretch]:
    """Between registers that follow each other, and from the last one to the end."""
    at, delivered = bounds.starts_at, 0
    between: list[Reading] = []
    last: Stretch | None = None
    for reading in readings:
        between.append(reading)
        if reading.energy_wh is None or not at < reading.at <= bounds.ends_at:
            continue
        total = min(max(reading.energy_wh - bounds.meter_start_wh, delivered), bounds.energy_wh)
        last = _stretch(at, reading.at, total - delivered, between)
        yield last
        at, delivered, between = reading.at, total, [reading]
    if at < bounds.ends_at or delivered < bounds.energy_wh:
        rest = bounds.energy_wh - delivered
        tail = _stretch(at, bounds.ends_at, rest, between)
        if not bounds.is_over:  # nothing measured yet: it goes on as it was
            tail = replace(tail, is_idle=last is not None and last.is_idle, is_measured=True)
        yield tail


def _stretch(begin: datetime, end: datetime, energy_wh: int, between: Sequence[Reading]) -> Stretch:
    powers = [reading.power_w for reading in between if reading.power_w is not None]
    currents = [reading.current_a for reading in between if reading.current_a is not None]
    flows = energy_wh * 3600 >= IDLE_W * max((end - begin).total_seconds(), 1)
    is_idle = not flows and (not powers or min(powers) < IDLE_W)
    return Stretch(
        starts_at=begin,
        ends_at=end,
        energy_wh=energy_wh,
        is_idle=is_idle and not any(reading.is_withheld for reading in between),
        is_measured=bool(powers),
        current_a=sum(currents) / len(currents) if currents else None,
    )


def _with_short_rests_charging(stretches: list[Stretch]) -> list[Stretch]:
    """Rests that only a coarse register tells of, and that are short, are charging time."""
    begin = 0
    for place in range(1, len(stretches) + 1):
        if place < len(stretches) and stretches[place].is_idle == stretches[begin].is_idle:
            continue
        run = stretches[begin:place]
        if run[0].is_idle and not any(stretch.is_measured for stretch in run):
            rested = run[-1].ends_at - run[0].starts_at
            if rested < COARSE:
                for stretch in run:
                    stretch.is_idle = False
        begin = place
    return stretches


def _joined(stretches: Iterable[Stretch], longest: timedelta | None) -> Iterator[Stretch]:
    """Neighbours that are alike as one; with `longest`, only until it lasts that long."""
    current: Stretch | None = None
    for stretch in stretches:
        if current is None:
            current = stretch
        elif current.is_idle == stretch.is_idle and (longest is None or current.length < longest):
            current = replace(
                current,
                ends_at=stretch.ends_at,
                energy_wh=current.energy_wh + stretch.energy_wh,
                current_a=stretch.current_a if current.current_a is None else current.current_a,
            )
        else:
            yield current
            current = stretch
    if current is not None:
        yield current


def _period(stretch: Stretch) -> Period:
    length = seconds(stretch.length)
    if stretch.is_idle:
        return Period(
            stretch.starts_at, stretch.ends_at, Decimal(stretch.energy_wh), parking_s=length
        )
    power_kw = stretch.energy_wh * KW / length if length else ZERO
    if stretch.current_a is None:
        current_a = power_kw * 1000 / VOLTS
    else:
        current_a = Decimal(str(stretch.current_a))
    return Period(
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
        energy_wh=Decimal(stretch.energy_wh),
        charging_s=length,
        power_kw=power_kw,
        current_a=current_a,
    )
