"""Figures and days as the reader's language writes them: 1,234.5 and 1.234,5."""

from datetime import datetime
from decimal import Decimal

from django.utils import dateformat, formats
from django.utils.translation import gettext as _


def figure(value: float | Decimal, places: int = 0) -> str:
    """With thousands grouped, rounded half even as Python does."""
    return formats.number_format(Decimal(f"{value:.{places}f}"), places, force_grouping=True)


def shortest(value: float | Decimal) -> str:
    """As few digits as tell it: 22, 7.4."""
    return formats.number_format(Decimal(f"{value:g}"))


def day(instant: datetime) -> str:
    """14 Oct, in the zone that the instant bears."""
    return dateformat.format(instant, _("j M"))
