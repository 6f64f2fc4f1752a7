"""Tariffs: every read."""

from tariffs.selectors.choice import versions_for, versions_for_everyone
from tariffs.selectors.places import named_places, places_named
from tariffs.selectors.tariffs import (
    TariffRow,
    content_of,
    said_tariffs,
    tariff_by_id,
    tariff_rows,
    whole_tariffs,
)

__all__ = [
    "TariffRow",
    "content_of",
    "named_places",
    "places_named",
    "said_tariffs",
    "tariff_by_id",
    "tariff_rows",
    "versions_for",
    "versions_for_everyone",
    "whole_tariffs",
]
