"""Dynamic tariffs."""

from energy.errors import UnknownDynamicTariff
from energy.models import DynamicTariff
from stations.models import Location


def dynamic_by_id(ocpi_id: str) -> DynamicTariff:
    """Raises UnknownDynamicTariff."""
    found = DynamicTariff.objects.select_related("location").filter(ocpi_id=ocpi_id).first()
    if found is None:
        raise UnknownDynamicTariff(tariff_id=ocpi_id)
    return found


def dynamic_of(location: Location) -> DynamicTariff | None:
    """The first of a location."""
    return DynamicTariff.objects.select_related("location").filter(location=location).first()
