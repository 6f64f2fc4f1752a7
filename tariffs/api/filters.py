"""What the list of tariffs can be narrowed by."""

import django_filters as filters

from tariffs.models import Tariff


class TariffFilter(filters.FilterSet):  # type: ignore[misc]
    """`date_from`, `date_to` as in OCPI (§11.2.1): over `last_updated`."""

    id = filters.CharFilter(field_name="ocpi_id", lookup_expr="icontains")
    location_id = filters.CharFilter(field_name="assignments__location__ocpi_id")
    date_from = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="lt")

    class Meta:
        model = Tariff
        fields: list[str] = []
