"""Tariffs as lists and pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from tariffs.domain.model import PriceComponent, Restrictions
from tariffs.domain.reading import stored_tariff
from tariffs.errors import InvalidTariff, UnknownTariff
from tariffs.models import Tariff, TariffAssignment, TariffVersion

PLACES = ("assignments__location", "assignments__evse", "assignments__connector__evse__location")


def tariffs() -> QuerySet[Tariff]:
    return Tariff.objects.prefetch_related("versions").order_by("ocpi_id")


def said_tariffs() -> QuerySet[Tariff]:
    """Tariffs that say something, with their versions."""
    return tariffs().filter(Exists(TariffVersion.objects.filter(tariff=OuterRef("pk"))))


def whole_tariffs() -> QuerySet[Tariff]:
    """The same, with the locations where they hold."""
    return said_tariffs().prefetch_related(*PLACES)


def tariff_by_id(ocpi_id: str) -> Tariff:
    """Raises UnknownTariff."""
    found = whole_tariffs().filter(ocpi_id=ocpi_id).first()
    if found is None:
        raise UnknownTariff(tariff_id=ocpi_id)
    return found


def content_of(tariff: Tariff) -> dict[str, Any]:
    """What the tariff says now: the OCPI object of its newest version."""
    newest = max(tariff.versions.all(), key=lambda version: version.number)
    return dict(newest.body)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A tariff with its newest version and where it holds, in words."""

    tariff: Tariff
    version: TariffVersion
    prices: list[PriceComponent]
    places: list[str]


def tariff_rows(now: datetime) -> list[TariffRow]:
    """All tariffs, in a constant number of queries."""
    rows = []
    for tariff in tariffs().prefetch_related(*PLACES):
        versions = sorted(tariff.versions.all(), key=lambda version: version.number)
        if versions:
            places = sorted({_place(row) for row in tariff.assignments.all()})
            rows.append(TariffRow(tariff, versions[-1], _prices(versions[-1]), places))
    return rows


def _prices(version: TariffVersion) -> list[PriceComponent]:
    """Its prices, if they hold always."""
    try:
        elements = stored_tariff(version.body).elements
    except InvalidTariff:
        return []
    if any(element.restrictions != Restrictions() for element in elements):
        return []
    found: dict[str, PriceComponent] = {}
    for element in elements:
        for component in element.components:
            found.setdefault(component.dimension, component)
    return list(found.values())


def _place(row: TariffAssignment) -> str:
    """Connectors by their location: most tariffs hold at hundreds of them."""
    where = row.connector.evse.location if row.connector else row.evse or row.location
    place = str(where or _("everywhere"))
    return f"{place} ({row.country_code}-{row.party_id})" if row.party_id else place
