"""Files of prices and sessions as series of quarter-hours.

A price file has `ts_utc` and `price_eur_mwh` (and a column for photovoltaics), or GME's `date`,
`hour` (1 to 25, local) and a column for each zone. A session file has `start`, `end` (local) and
`kwh`. Hourly prices hold for their four quarters.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from energy.domain.calendar import STEP, STEP_H, Series
from energy.domain.site import Site
from energy.errors import InvalidSeries

KWH_PER_MWH = 1000
LONGEST_GAP = timedelta(hours=3)
MOST_PRICE_EUR_MWH = 20_000
MOST_SESSION_KWH = 2_000
ENERGY_NAMES = ("kwh", "energy")
DAY = timedelta(days=1)
WEEK = 7

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Course:
    """What happened, step by step: `at` are the beginnings in UTC, `local` the same at the site."""

    at: Sequence[datetime]
    local: Sequence[datetime]
    spot: Series  # EUR/kWh
    photovoltaics: Series  # kW
    load: Series  # kW


@dataclass(frozen=True, slots=True)
class Session:
    begins: datetime  # local, naive
    ends: datetime
    kwh: float


def course_of(site: Site, prices: str, sessions: str) -> Course:
    """The course that two CSV texts tell. Raises InvalidSeries with `line N: reason`."""
    at, spot, sun = _prices(site, prices)
    local = [instant.astimezone(site.zone) for instant in at]
    load = _load(site.zone, at, local, sessions_of(sessions))
    return Course(at, local, spot, sun, load)


def _prices(site: Site, text: str) -> tuple[list[datetime], Series, Series]:
    rows = _rows(text, "price")
    column = site.price_column or "price_eur_mwh"
    sun_column = site.photovoltaics.column if site.photovoltaics else ""
    found: dict[datetime, tuple[float, float]] = {}
    for number, row in rows:
        instant = _instant_of(row, number, site.zone)
        price = _number(row, column, number)
        if abs(price) > MOST_PRICE_EUR_MWH:
            raise InvalidSeries(f"line {number}: {column}: {price} EUR/MWh is absurd")
        sun = _number(row, sun_column, number) if sun_column else 0.0
        found[instant] = (price / KWH_PER_MWH, sun)
    instants = sorted(found)
    at, values = _quarters(instants, [found[instant] for instant in instants])
    spot, shape = values[:, 0], np.maximum(values[:, 1], 0)
    highest = shape.max()
    kwp = site.photovoltaics.kwp if site.photovoltaics else 0.0
    return at, spot, shape * (kwp / highest) if highest > 0 else shape


def _quarters(
    instants: Sequence[datetime], values: Sequence[tuple[float, float]]
) -> tuple[list[datetime], Series]:
    """Each value for all quarters until the next one."""
    if len(instants) < 2:  # noqa: PLR2004 -- a period has two ends
        raise InvalidSeries("the price file has fewer than two prices")
    usual = min(later - earlier for earlier, later in pairwise(instants))
    if usual % STEP:
        raise InvalidSeries("prices must come by whole quarters of an hour")
    at: list[datetime] = []
    spread: list[tuple[float, float]] = []
    for instant, until, value in zip(
        instants, [*instants[1:], instants[-1] + usual], values, strict=True
    ):
        if until - instant > LONGEST_GAP:
            raise InvalidSeries(f"no price between {instant.isoformat()} and {until.isoformat()}")
        for step in range((until - instant) // STEP):
            at.append(instant + step * STEP)
            spread.append(value)
    return at, np.array(spread)


def _instant_of(row: Row, number: int, zone: ZoneInfo) -> datetime:
    """By `ts_utc`; or by GME's local day and hour, which counts 1 to 23, 24 or 25."""
    try:
        if "ts_utc" in row:
            instant = datetime.fromisoformat(row["ts_utc"])
            return (
                instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
            )
        midnight = datetime.combine(date.fromisoformat(row["date"]), datetime.min.time(), zone)
        return midnight.astimezone(UTC) + timedelta(hours=int(row["hour"]) - 1)
    except (KeyError, ValueError, OverflowError) as fault:
        raise InvalidSeries(f"line {number}: no time in ts_utc, or in date and hour") from fault


def sessions_of(text: str) -> list[Session]:
    """Raises InvalidSeries."""
    found = []
    for number, row in _rows(text, "session"):
        column = next((name for name in ENERGY_NAMES if name in row), ENERGY_NAMES[0])
        try:
            begins = datetime.fromisoformat(row["start"]).replace(tzinfo=None)
            ends = datetime.fromisoformat(row["end"]).replace(tzinfo=None)
        except (KeyError, ValueError) as fault:
            raise InvalidSeries(f"line {number}: start and end must be times") from fault
        kwh = _number(row, column, number)
        if not 0 <= kwh <= MOST_SESSION_KWH:
            raise InvalidSeries(f"line {number}: {column}: must be from 0 to {MOST_SESSION_KWH}")
        found.append(Session(begins, max(ends, begins), kwh))
    return found


def _load(
    zone: ZoneInfo, at: Sequence[datetime], local: Sequence[datetime], sessions: Sequence[Session]
) -> Series:
    """The power that the sessions take, each evenly over its time."""
    load = np.zeros(len(at))
    if not sessions:
        return load
    first = min(session.begins for session in sessions).date()
    last = max(session.ends for session in sessions).date()
    for shift in _shifts(first, last, local[0].date(), local[-1].date()):
        for session in sessions:
            begins = (session.begins + shift).replace(tzinfo=zone).astimezone(UTC)
            length = max((session.ends - session.begins), STEP)
            spread(load, (begins - at[0]) / STEP, length / STEP, session.kwh)
    return load


def _shifts(first: date, last: date, begin: date, end: date) -> Iterable[timedelta]:
    """By how much sessions move: not at all in the same year; else to the first day of the same
    weekday, and again, by whole weeks, for as long as the prices go on."""
    if first.year == begin.year:
        return [timedelta(0)]
    start = begin + timedelta(days=(first.weekday() - begin.weekday()) % WEEK)
    period = -(-((last - first).days + 1) // WEEK) * WEEK * DAY
    count = max((end - start).days, 0) // period.days + 1
    return [start - first + turn * period for turn in range(-1, count)]


def spread(load: Series, begin: float, length: float, kwh: float) -> None:
    """Add a session from step `begin` on, `length` steps long."""
    end = begin + length
    low, high = max(int(np.floor(begin)), 0), min(int(np.ceil(end)), len(load))
    if low >= high:
        return
    steps = np.arange(low, high)
    share = np.minimum(steps + 1, end) - np.maximum(steps, begin)
    load[low:high] += kwh * np.maximum(share, 0) / length / STEP_H


def _rows(text: str, what: str) -> list[tuple[int, Row]]:
    """The lines of a CSV text by lower-case column, numbered as an editor does."""
    reader = csv.DictReader(io.StringIO(text))
    try:
        rows: list[tuple[int, Row]] = [(reader.line_num, _named(row)) for row in reader]
    except csv.Error as fault:
        raise InvalidSeries(f"the {what} file is no CSV: {fault}") from fault
    if not rows:
        raise InvalidSeries(f"the {what} file is empty")
    return rows


def _named(row: Mapping[Any, Any]) -> Row:
    return {str(name).strip().lower(): str(value or "").strip() for name, value in row.items()}


def _number(row: Row, column: str, number: int) -> float:
    try:
        value = float(row[column.lower()])
    except KeyError as fault:
        raise InvalidSeries(f"there is no column {column}") from fault
    except ValueError as fault:
        raise InvalidSeries(f"line {number}: {column}: must be a number") from fault
    if not np.isfinite(value):
        raise InvalidSeries(f"line {number}: {column}: must be a number")
    return value
