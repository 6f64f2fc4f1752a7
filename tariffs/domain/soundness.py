"""What is refused at the door although the engine would find a price for it: it says two
things at once, or something that can never come true. A price plan must mean one thing."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tariffs.domain.model import (
    FLAT,
    RESERVATION,
    TIME,
    Element,
    PriceLimit,
    Restrictions,
    Tariff,
)

CURRENCY = re.compile(r"[A-Z]{3}")
MOST_VAT = 100


def doubts_about(tariff: Tariff) -> list[str]:
    """`path: reason` for each."""
    return [*_whole(tariff), *_elements(tariff)]


def _whole(tariff: Tariff) -> Iterator[str]:
    if not CURRENCY.fullmatch(tariff.currency):
        yield "currency: must be three capital letters (ISO 4217)"
    if tariff.valid_from and tariff.valid_until and tariff.valid_until <= tariff.valid_from:
        yield "end_date_time: must be after start_date_time"
    for name, limit in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
        if limit and limit.incl_vat is not None and limit.incl_vat < limit.excl_vat:
            yield f"{name}: incl_vat must not be below excl_vat"
    if tariff.min_price and tariff.max_price and _crossed(tariff.min_price, tariff.max_price):
        yield "max_price: must not be below min_price"


def _crossed(least: PriceLimit, most: PriceLimit) -> bool:
    if least.incl_vat is not None and most.incl_vat is not None and least.incl_vat > most.incl_vat:
        return True
    return least.excl_vat > most.excl_vat


def _elements(tariff: Tariff) -> Iterator[str]:
    for place, element in enumerate(tariff.elements):
        for name, reason in (*_components(element), *_restrictions(element.restrictions)):
            yield f"elements.{place}.{name}: {reason}"


def _components(element: Element) -> Iterator[tuple[str, str]]:
    names = sorted(component.dimension for component in element.components)
    if any(one == other for one, other in pairwise(names)):
        yield "price_components", "may hold one component of each type"
    if element.restrictions.reservation and not set(names) <= {FLAT, TIME}:
        yield "price_components", f"with {RESERVATION} can only be FLAT and TIME"
    if any(
        component.vat is not None and component.vat > MOST_VAT for component in element.components
    ):
        yield "price_components", "states more than 100 % VAT"


def _restrictions(said: Restrictions) -> Iterator[tuple[str, str]]:
    for name, least, most in (
        ("kwh", said.min_wh, said.max_wh),
        ("current", said.min_current_a, said.max_current_a),
        ("power", said.min_power_kw, said.max_power_kw),
        ("duration", said.min_duration_s, said.max_duration_s),
    ):
        if least is not None and most is not None and most <= least:
            yield f"restrictions.max_{name}", f"must be above min_{name}"
    if said.from_date and said.until_date and said.until_date <= said.from_date:
        yield "restrictions.end_date", "must be after start_date"
