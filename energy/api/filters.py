"""What lists of energy can be narrowed by."""

import django_filters as filters

from energy.enums import ContractKind, LimitKind, MeterRole, OutOfPlan
from energy.models import (
    Battery,
    CapacityLimit,
    EnergyPrice,
    SiteMeter,
    SupplyContract,
    SupplySource,
)

LARGEST_KEY = 2**63 - 1


class BatteryFilter(filters.FilterSet):  # type: ignore[misc]
    """`out_of_plan` with a reason: those that are out for it."""

    location_id = filters.CharFilter(field_name="location__ocpi_id")
    name = filters.CharFilter(lookup_expr="icontains")
    out_of_plan = filters.ChoiceFilter(choices=OutOfPlan.choices)

    class Meta:
        model = Battery
        fields: list[str] = []


class SupplySourceFilter(filters.FilterSet):  # type: ignore[misc]
    location_id = filters.CharFilter(field_name="location__ocpi_id")
    name = filters.CharFilter(lookup_expr="icontains")
    connection_id = filters.CharFilter()

    class Meta:
        model = SupplySource
        fields: list[str] = []


class SupplyContractFilter(filters.FilterSet):  # type: ignore[misc]
    location_id = filters.CharFilter(field_name="source__location__ocpi_id")
    source_id = filters.NumberFilter(field_name="source", max_value=LARGEST_KEY)
    kind = filters.ChoiceFilter(choices=ContractKind.choices)

    class Meta:
        model = SupplyContract
        fields: list[str] = []


class CapacityLimitFilter(filters.FilterSet):  # type: ignore[misc]
    location_id = filters.CharFilter(field_name="source__location__ocpi_id")
    source_id = filters.NumberFilter(field_name="source", max_value=LARGEST_KEY)
    kind = filters.ChoiceFilter(choices=LimitKind.choices)
    origin = filters.CharFilter()
    date_from = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = CapacityLimit
        fields: list[str] = []


class PriceFilter(filters.FilterSet):  # type: ignore[misc]
    price_list = filters.CharFilter(field_name="price_list__name")
    date_from = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = EnergyPrice
        fields: list[str] = []


class MeterFilter(filters.FilterSet):  # type: ignore[misc]
    location_id = filters.CharFilter(field_name="location__ocpi_id")
    role = filters.ChoiceFilter(choices=MeterRole.choices)

    class Meta:
        model = SiteMeter
        fields: list[str] = []
