"""Grid operators and price feeds: how we speak to them, and what they said."""

from dso.models.dso import Dso, DsoToken, SupplyLink
from dso.models.exchange import DsoMessage, OwedMessage, VtnEvent
from dso.models.feed import PriceFeed

__all__ = [
    "Dso",
    "DsoMessage",
    "DsoToken",
    "OwedMessage",
    "PriceFeed",
    "SupplyLink",
    "VtnEvent",
]
