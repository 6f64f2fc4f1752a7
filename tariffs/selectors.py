"""Which tariff holds where and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from stations.models import Evse
from tariffs.domain.model import PriceComponent, Restrictions
from tariffs.domain.reading import stored_tariff
from tariffs.errors import InvalidTariff, UnknownTariff
from tariffs.models import Tariff, TariffAssignment, TariffVersion


def versions_at(evse: Evse, at: datetime) -> QuerySet[TariffVersion]:
    """Versions that could hold at an EVSE at an instant; the one that does comes first: the
    narrowest assignment (connector, EVSE, location), then the newest version."""
    return (
        TariffVersion.objects.filter(
            Q(tariff__assignments__connector__evse=evse)
            | Q(tariff__assignments__evse=evse)
            | Q(tariff__assignments__location=evse.location_id),
            valid_from__lte=at,
        )
        .annotate(
            breadth=Case(
                When(tariff__assignments__connector__isnull=False, then=Value(0)),
                When(tariff__assignments__evse__isnull=False, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("breadth", "-valid_from", "-number", "pk")
    )


def tariff_version_for(evse: Evse, at: datetime) -> TariffVersion | None:
    """The version that prices a session starting at this EVSE now; None: it costs nothing."""
    return versions_at(evse, at).first()


def versions_for_evses(evses: Iterable[Evse], at: datetime) -> dict[int, TariffVersion]:
    """`tariff_version_for` of many EVSEs (by pk) in two queries."""
    evses = list(evses)
    by_pk = {evse.pk: evse for evse in evses}
    found: dict[int, tuple[int, Tariff]] = {}
    assignments = TariffAssignment.objects.filter(
        Q(connector__evse__in=by_pk)
        | Q(evse__in=by_pk)
        | Q(location__in={evse.location_id for evse in evses})
    ).select_related("connector", "tariff")
    for row in assignments:
        breadth = 0 if row.connector else 1 if row.evse_id else 2
        for pk in _reached(row, evses):
            if pk not in found or breadth < found[pk][0]:
                found[pk] = (breadth, row.tariff)
    newest = {
        version.tariff_id: version
        for version in TariffVersion.objects.filter(
            tariff__in={tariff.pk for _, tariff in found.values()}, valid_from__lte=at
        ).order_by("valid_from", "number")
    }
    return {pk: newest[tariff.pk] for pk, (_, tariff) in found.items() if tariff.pk in newest}


def _reached(row: TariffAssignment, evses: list[Evse]) -> list[int]:
    if row.connector:
        return [row.connector.evse_id]
    if row.evse_id:
        return [row.evse_id]
    return [evse.pk for evse in evses if evse.location_id == row.location_id]


def tariffs() -> QuerySet[Tariff]:
    return Tariff.objects.prefetch_related("versions").order_by("ocpi_id")


def whole_tariffs() -> QuerySet[Tariff]:
    """Tariffs that say something, with their versions and the locations where they hold."""
    said = Exists(TariffVersion.objects.filter(tariff=OuterRef("pk")))
    return tariffs().filter(said).prefetch_related("assignments__location")


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
    found = Tariff.objects.prefetch_related(
        "versions",
        "assignments__location",
        "assignments__evse",
        "assignments__connector__evse__location",
    ).order_by("ocpi_id")
    rows = []
    for tariff in found:
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
    if row.connector:
        return str(row.connector.evse.location)
    return str(row.evse or row.location)
