"""Figures of any protocol as energy takes them: kW, and money per kWh. Whether such a limit or
price can be is for `energy.domain.supply` to say."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from dso.errors import BadMessage
from energy.domain.supply import GRAIN, Limit

VOLTS = 230.0
KW_PER_UNIT = {"KW": 1.0, "W": 0.001, "MW": 1_000.0}
KWH_PER_UNIT = {"KWH": Decimal(1), "MWH": Decimal(1_000)}


def kw_of(value: Any, units: str, name: str) -> float:
    """Raises BadMessage for what is no number of a unit of power."""
    if units not in KW_PER_UNIT:
        raise BadMessage(f"{name}: {units!r:.20} is no unit of power")
    return number(value, name) * KW_PER_UNIT[units]


def price_of(value: Any, units: str, name: str) -> Decimal:
    """Raises BadMessage for what is no number of money per unit of energy."""
    if units not in KWH_PER_UNIT:
        raise BadMessage(f"{name}: {units!r:.20} is no unit of energy")
    try:
        return (Decimal(str(number(value, name))) / KWH_PER_UNIT[units]).quantize(GRAIN)
    except InvalidOperation as fault:
        raise BadMessage(f"{name}: {value!r:.30} is not a price") from fault


def number(value: Any, name: str) -> float:
    """Raises BadMessage for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadMessage(f"{name}: {value!r:.30} is not a number")
    return float(value)


def joined(limits: Iterable[Limit]) -> list[Limit]:
    """The same limits in as few periods as can be, in order."""
    found: list[Limit] = []
    for limit in sorted(limits, key=lambda one: (one.kind, one.phase, one.starts_at)):
        last = found[-1] if found else None
        if last and last.ends_at == limit.starts_at and _same_level(last, limit):
            found[-1] = replace(last, ends_at=limit.ends_at)
        else:
            found.append(limit)
    return found


def _same_level(one: Limit, other: Limit) -> bool:
    return (one.kind, one.phase, one.kw) == (other.kind, other.phase, other.kw)


def overlaid(old: Iterable[Limit], new: Sequence[Limit]) -> list[Limit]:
    """What holds when newer limits take the place of older ones for their own time, whatever the
    phase, and leave them be around it. All of one kind."""
    left = list(old)
    for limit in new:
        left = [part for one in left for part in _around(one, limit)]
    return sorted([*left, *new], key=lambda one: (one.starts_at, one.phase))


def _around(limit: Limit, hole: Limit) -> list[Limit]:
    parts = []
    if limit.starts_at < hole.starts_at:
        first = hole.starts_at if limit.ends_at is None else min(limit.ends_at, hole.starts_at)
        parts.append(replace(limit, ends_at=first))
    if hole.ends_at is not None and (limit.ends_at is None or limit.ends_at > hole.ends_at):
        parts.append(replace(limit, starts_at=max(limit.starts_at, hole.ends_at)))
    return parts
