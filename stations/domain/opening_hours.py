"""Opening hours as people write them, and as OCPI's regular hours (2.2.1 §8.4.14, §8.4.21)."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d|24:00"
LINE = re.compile(rf"([a-z]{{3}})(?:\s*-\s*([a-z]{{3}}))?\s+({TIME})\s*-\s*({TIME})", re.IGNORECASE)

Period = Mapping[str, Any]


class BadOpeningHours(ValueError):
    """A line that is no `Mon-Fri 08:00-20:00`."""


def regular_hours(text: str) -> list[dict[str, Any]]:
    """OCPI's regular hours from lines like `Mon-Fri 08:00-20:00`, by day. Raises
    BadOpeningHours, with the line."""
    periods = [period for line in text.splitlines() if line.strip() for period in _of(line.strip())]
    return sorted(periods, key=lambda period: (period["weekday"], period["period_begin"]))


def in_words(periods: Iterable[Period]) -> str:
    """The lines that `regular_hours` reads; days in a row with the same hours on one line."""

    def hours_of(day: int) -> list[str]:
        return sorted(f"{p['period_begin']}-{p['period_end']}" for p in held if p["weekday"] == day)

    held = list(periods)
    lines = []
    for hours, group in groupby(range(1, 8), key=hours_of):
        days = [DAYS[day - 1] for day in group]
        name = days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"
        lines += [f"{name} {span}" for span in hours]
    return "\n".join(lines)


def _of(line: str) -> list[dict[str, Any]]:
    found = LINE.fullmatch(line)
    names = [name.capitalize() for name in found.group(1, 2) if name] if found else []
    if found is None or not set(names) <= set(DAYS):
        raise BadOpeningHours(line)
    first, last = DAYS.index(names[0]), DAYS.index(names[-1])
    begin, end = found.group(3, 4)
    if first > last or begin >= end:
        raise BadOpeningHours(line)
    return [
        {"weekday": day, "period_begin": begin, "period_end": end}
        for day in range(first + 1, last + 2)
    ]
