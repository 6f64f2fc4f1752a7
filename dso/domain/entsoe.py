"""Day-ahead prices as ENTSO-E publishes them: a Publication_MarketDocument.

Bidding zones of several auctions carry each as a sequence of its own; 1 is the single day-ahead
coupling (SDAC). Everything is in UTC and counted in steps, so the days of 23 and 25 hours need no
rule. A price may be left out where it is that of the step before (curve A03).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

from dso.domain.neutral import price_of
from dso.domain.readings import duration, instant
from dso.errors import BadMessage
from energy.domain.supply import Price

SDAC = "1"
NO_DATA = "999"
STEPS = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
MOST_POINTS = 100 * 7
DECLARES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)  # entities that could explode


class NothingPublished(BadMessage):
    code, message = "nothing_published", "ENTSO-E has no prices for this period yet."


@dataclass(frozen=True, slots=True)
class Published:
    """Prices in order, none overlapping another, all in one currency."""

    currency: str
    prices: tuple[Price, ...]


class _Series(NamedTuple):
    sequence: str
    currency: str
    step: timedelta
    prices: list[Price]


def read(body: bytes) -> Published:
    """Raises NothingPublished, or BadMessage for what is no such document."""
    if DECLARES.search(body):
        raise BadMessage("The document declares types or entities.")
    try:
        root = fromstring(body)  # noqa: S314 -- without declarations there is nothing to expand
    except ParseError as fault:
        raise BadMessage(f"This is not XML: {fault}.") from fault
    if _name(root) == "Acknowledgement_MarketDocument":
        _refuse(root)
    if _name(root) != "Publication_MarketDocument":
        raise BadMessage(f"{_name(root)[:60]}: not a Publication_MarketDocument")
    found = [series for one in _all(root, "TimeSeries") for series in _series(one)]
    chosen = [one for one in found if one.sequence == SDAC] or [
        one for one in found if not one.sequence
    ]
    currencies = {one.currency for one in chosen}
    if not chosen:
        raise NothingPublished
    if len(currencies) > 1:
        raise BadMessage(f"Prices in {', '.join(sorted(currencies))}.")
    return Published(currencies.pop(), tuple(_finest_first(chosen)))


def _series(one: Element) -> Iterator[_Series]:
    sequence = _text(one, "classificationSequence_AttributeInstanceComponent.position")
    unit, currency = _text(one, "price_Measure_Unit.name"), _text(one, "currency_Unit.name")
    if unit != "MWH" or not re.fullmatch("[A-Z]{3}", currency):
        raise BadMessage(f"Prices per {unit[:10]!r} in {currency[:10]!r}, not money per MWH.")
    for period in _all(one, "Period"):
        step = duration(_text(period, "resolution"), "resolution")
        if step not in STEPS:
            raise BadMessage(f"resolution: {step} is not 15, 30 or 60 minutes")
        yield _Series(sequence, currency, step, list(_points(period, step)))


def _points(period: Element, step: timedelta) -> Iterator[Price]:
    interval = next(iter(_all(period, "timeInterval")), None)
    if interval is None:
        raise BadMessage("A period without a time interval.")
    start, end = (instant(_text(interval, name), name) for name in ("start", "end"))
    count, rest = divmod(end - start, step)
    if rest or not 0 < count <= MOST_POINTS:
        raise BadMessage(f"A period of {end - start} in steps of {step}.")
    told = sorted(_told(period, count).items())
    if not told or told[0][0] != 1:
        raise BadMessage("A period without its first price.")
    for (place, price), (after, _) in pairwise([*told, (count + 1, Decimal(0))]):
        for number in range(place, after):  # a price that is left out is the one before
            yield Price(start + step * (number - 1), start + step * number, price)


def _told(period: Element, count: int) -> dict[int, Decimal]:
    found = {}
    for point in _all(period, "Point"):
        place, amount = _text(point, "position"), _text(point, "price.amount")
        if not (place.isascii() and place.isdecimal() and 0 < int(place[:6]) <= count):
            raise BadMessage(f"position: {place[:10]!r} is not from 1 to {count}")
        try:
            found[int(place)] = price_of(float(amount), "MWH", "price.amount")
        except ValueError as fault:
            raise BadMessage(f"price.amount: {amount[:20]!r} is not a number") from fault
    return found


def _finest_first(chosen: list[_Series]) -> list[Price]:
    """Where hours are published beside their quarters, the quarters hold."""
    taken: dict[datetime, Price] = {}
    covered: set[datetime] = set()
    quarter = STEPS[0]
    for series in sorted(chosen, key=lambda one: one.step):
        for price in series.prices:
            slots = {price.starts_at + quarter * n for n in range(series.step // quarter)}
            if not slots & covered:
                covered |= slots
                taken[price.starts_at] = price
    return [taken[start] for start in sorted(taken)]


def _refuse(root: Element) -> None:
    reason = next(iter(_all(root, "Reason")), None)
    code = "" if reason is None else _text(reason, "code")
    text = "" if reason is None else _text(reason, "text")
    if code == NO_DATA and "no matching data" in text.lower():
        raise NothingPublished
    raise BadMessage(f"ENTSO-E refuses: {code[:10]} {text[:200]}")


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if _name(child) == name)


def _text(parent: Element, name: str) -> str:
    found = next(iter(_all(parent, name)), None)
    return ((found.text if found is not None else "") or "").strip()
