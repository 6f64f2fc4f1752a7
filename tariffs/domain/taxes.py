"""VAT, and the least and most that a session costs (OCPI 2.2.1 §11.3.1, 2.3.0 `tax_included`).

A component without VAT bears none. Prices are before VAT, except where a 2.3.0 tariff says that
they include it; then a stated percentage is taken out.
"""

from decimal import Decimal
from fractions import Fraction

from tariffs.domain.model import PriceComponent, Tariff


def before_and_with(
    component: PriceComponent, amount: Fraction, *, includes_tax: bool
) -> tuple[Fraction, Fraction]:
    """The amount that a component's price makes: before VAT and with it."""
    factor = 1 + Fraction(component.vat or 0) / 100
    return (amount / factor, amount) if includes_tax else (amount, amount * factor)


def limited(
    tariff: Tariff, excl_vat: Decimal, incl_vat: Decimal | None
) -> tuple[Decimal, Decimal | None]:
    """Within min_price and max_price, each of its own: the two may be reached at different
    times. Lifting the price before VAT to its minimum never leaves it above that with VAT."""
    if tariff.min_price is not None:
        least, least_with = tariff.min_price.excl_vat, tariff.min_price.incl_vat
        if excl_vat < least and incl_vat is not None:
            excl_vat, incl_vat = least, max(incl_vat, least)
        excl_vat = max(excl_vat, least)
        if incl_vat is not None and least_with is not None:
            incl_vat = max(incl_vat, least_with)
    if tariff.max_price is not None:
        excl_vat = min(excl_vat, tariff.max_price.excl_vat)
        if incl_vat is not None and tariff.max_price.incl_vat is not None:
            incl_vat = min(incl_vat, tariff.max_price.incl_vat)
    return excl_vat, incl_vat
