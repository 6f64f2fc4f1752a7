"""Objects of 2.2.1 as 2.3.0 writes them. Pure. Locations and tokens read the same in both.

What is new in 2.3.0: a Price says its taxes one by one, a limit of a tariff names what is before
and after taxes, and a tariff says whether its prices include them.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ocpi.enums import Module

Json = dict[str, Any]

VAT = "VAT"
COSTS = (
    "total_cost", "total_fixed_cost", "total_energy_cost", "total_time_cost",
    "total_parking_cost", "total_reservation_cost",
)  # fmt: skip
LIMITS = ("min_price", "max_price")
NO_TAX_STATED, BEFORE_TAX = "N/A", "NO"


def price(of_221: Json) -> Json:
    """Price (2.3.0 §17.5): the difference that VAT makes is its amount."""
    before = of_221["excl_vat"]
    if "incl_vat" not in of_221:
        return {"before_taxes": before}
    amount = Decimal(str(of_221["incl_vat"])) - Decimal(str(before))
    return {"before_taxes": before, "taxes": [{"name": VAT, "amount": float(amount)}]}


def limit(of_221: Json) -> Json:
    """PriceLimit (2.3.0 §11.4.7)."""
    names = {"excl_vat": "before_taxes", "incl_vat": "after_taxes"}
    return {names[name]: amount for name, amount in of_221.items() if name in names}


def tariff(of_221: Json) -> Json:
    """Tariff (2.3.0 §11.3.1): 2.2.1's prices are before VAT, and where none is stated none
    applies."""
    components = [
        component for element in of_221["elements"] for component in element["price_components"]
    ]
    states_vat = any("vat" in component for component in components)
    limits: Json = {name: limit(of_221[name]) for name in LIMITS if name in of_221}
    return {**of_221, **limits, "tax_included": BEFORE_TAX if states_vat else NO_TAX_STATED}


def session(of_221: Json) -> Json:
    """Session (2.3.0 §9.3.1)."""
    return _priced(of_221)


def cdr(of_221: Json) -> Json:
    """CDR (2.3.0 §10.3.1), as it was issued."""
    body = _priced(of_221)
    if "tariffs" in body:
        body["tariffs"] = [tariff(one) for one in body["tariffs"]]
    return body


def _priced(of_221: Json) -> Json:
    return {**of_221, **{name: price(of_221[name]) for name in COSTS if name in of_221}}


SHAPES: dict[str, Callable[[Json], Json]] = {
    Module.SESSIONS: session,
    Module.CDRS: cdr,
    Module.TARIFFS: tariff,
}
