"""What can be known at a moment of the hours to come: load, sun and prices.

Each keeps what it has seen and looks no further: a forecast at a step uses that step and those
before it alone.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, time, timedelta

import numpy as np

from energy.domain.calendar import STEPS_A_DAY, Series

WEEKDAYS = 7
FORGETS = 0.75  # of an earlier week, each week
FEW = 4.0  # weeks after which a weekday is trusted as much as all days
SMOOTH = np.concatenate([np.arange(1, 10), np.arange(8, 0, -1)]) / 81  # over two hours each way
HOUR = 4  # steps
CAUTION = 0.93  # of the usual load: a battery kept for cars that do not come has earned nothing
SUN_FADES = 0.8  # of the deviation from the usual, each quarter
LEVELS = 3  # loads that are as likely as each other
REMEMBERED = 28 * STEPS_A_DAY  # steps whose load is compared with the usual
LEAST_FADES, MOST_FADES = 0.3, 0.95
AUCTION = time(13)  # local: from then on the prices of tomorrow are known
EPSILON = 1e-9


def slots_of(local: Sequence[datetime]) -> tuple[Series, Series]:
    """The weekday and the quarter of the day of each step, as integers."""
    weekdays = np.array([at.weekday() for at in local])
    quarters = np.array([at.hour * 4 + at.minute // 15 for at in local])
    return weekdays, quarters


class LoadForecast:
    """The usual load of a weekday and time of day, and how much it deviates now. How fast a
    deviation fades is learned too: cars at a rapid charger are gone within the hour, others stay
    all day. `caution`: how much of the usual is counted with."""

    def __init__(self, caution: float = CAUTION) -> None:
        self._caution = caution
        self._sums = np.zeros((WEEKDAYS, STEPS_A_DAY))
        self._weights = np.zeros((WEEKDAYS, STEPS_A_DAY))
        self._usual = np.zeros((WEEKDAYS, STEPS_A_DAY))
        self._seen = 0
        self._last_hour = deque([0.0] * HOUR, HOUR)
        self._ratios: deque[float] = deque(maxlen=REMEMBERED)
        self._levels = np.ones(1)
        self._together, self._square = 0.0, EPSILON

    def see(self, weekday: int, quarter: int, load: float) -> None:
        """What the load was in a step."""
        if self._seen > STEPS_A_DAY:
            usual = self._usual[weekday, quarter]
            deviation = load - usual
            if usual > EPSILON:
                self._ratios.append(load / usual)
            self._together += deviation * self._last_hour[0]
            self._square += deviation**2
            self._last_hour.append(deviation)
        self._sums[weekday, quarter] = self._sums[weekday, quarter] * FORGETS + load
        self._weights[weekday, quarter] = self._weights[weekday, quarter] * FORGETS + 1
        self._seen += 1
        if self._seen % STEPS_A_DAY == 0:
            self._settle()

    @property
    def has_seen_a_day(self) -> bool:
        return self._seen >= STEPS_A_DAY

    def ahead(self, weekdays: Series, quarters: Series, now: float | None) -> Series:
        """The load of the coming steps, of which the first is known; `now` None: it is not."""
        if not self.has_seen_a_day:
            return np.full(len(quarters), now or 0.0)
        now = float(self._usual[weekdays[0], quarters[0]]) if now is None else now
        found: Series = self._caution * self._expected(weekdays, quarters, now)
        found[0] = now
        return found

    def each_ahead(self, weekdays: Series, quarters: Series, now: float) -> Series:
        """The loads that may come, a row each, all as likely: a quarter of an hour has far more or
        far less than what is expected, each for itself."""
        if not self.has_seen_a_day:
            return self.ahead(weekdays, quarters, now)[None]
        found: Series = self._levels[:, None] * self._expected(weekdays, quarters, now)
        return found

    def _expected(self, weekdays: Series, quarters: Series, now: float) -> Series:
        usual = self._usual[weekdays, quarters]
        deviation = (now - usual[0]) * self._fades() ** np.arange(len(usual))
        found: Series = np.maximum(usual + deviation, 0)
        return found

    def _fades(self) -> float:
        """What is left of a deviation after a step: the root of what is left after an hour."""
        after_an_hour = max(self._together / self._square, 0.0)
        return float(min(max(after_an_hour ** (1 / HOUR), LEAST_FADES), MOST_FADES))

    def _settle(self) -> None:
        """Once a day: a weekday of its own where enough of it was seen, else any day."""
        every = self._sums.sum(axis=0) / np.maximum(self._weights.sum(axis=0), EPSILON)
        own = self._sums / np.maximum(self._weights, EPSILON)
        trust = self._weights / (self._weights + FEW)
        week = (trust * own + (1 - trust) * every).reshape(-1)
        margin = len(SMOOTH) // 2
        around = np.concatenate([week[-margin:], week, week[:margin]])
        self._usual = np.convolve(around, SMOOTH, "valid").reshape(WEEKDAYS, STEPS_A_DAY)
        if self._ratios:
            levels = np.quantile(self._ratios, (np.arange(LEVELS) + 0.5) / LEVELS)
            self._levels = levels / levels.mean() if levels.any() else np.ones(1)


class SunForecast:
    """As in the last days at the same time, as far as they were seen, scaled to how it is now."""

    DAYS = 3

    def __init__(self) -> None:
        self._days = np.full((self.DAYS, STEPS_A_DAY), np.nan)

    def see(self, day: int, quarter: int, power: float) -> None:
        """`day` counts on, whatever it begins with."""
        self._days[day % self.DAYS, quarter] = power

    def ahead(self, day: int, quarters: Series, now: float | None) -> Series:
        """The power of the coming steps, of which the first is known; `now` None: it is not."""
        past = np.delete(self._days, day % self.DAYS, axis=0)
        seen = np.maximum((~np.isnan(past)).sum(axis=0), 1)
        usual = (np.nansum(past, axis=0) / seen)[quarters]
        now = float(usual[0]) if now is None else now
        ratio = now / usual[0] if usual[0] > 0 else 1.0
        fade = SUN_FADES ** np.arange(len(usual))
        found: Series = usual * (1 + (min(ratio, 2.0) - 1) * fade)
        found[0] = now
        return found


def known_until(local: datetime) -> datetime:
    """Until when day-ahead prices are known at a local time: tomorrow's from the auction on."""
    days = 2 if local.time() >= AUCTION else 1
    return datetime.combine(local.date() + timedelta(days=days), time(0), local.tzinfo)


def prices_ahead(past: Series, known: Series, steps: int) -> Series:
    """Known prices, and after them as on average at the same time of the last week (EUR/kWh).
    `past` ends where `known` begins."""
    if len(known) >= steps:
        return known[:steps]
    behind = np.concatenate([past, known])[-STEPS_A_DAY * WEEKDAYS :]
    whole = len(behind) // STEPS_A_DAY * STEPS_A_DAY
    if not whole:
        return np.concatenate([known, np.full(steps - len(known), behind.mean())])
    day = behind[-whole:].reshape(-1, STEPS_A_DAY).mean(axis=0)
    missing = steps - len(known)
    return np.concatenate([known, np.resize(day, missing)])
