"""What lists of energy can be narrowed by."""

import django_filters as filters

from energy.enums import OutOfPlan
from energy.models import Battery


class BatteryFilter(filters.FilterSet):  # type: ignore[misc]
    """`out_of_plan` with a reason: those that are out for it."""

    location_id = filters.CharFilter(field_name="location__ocpi_id")
    name = filters.CharFilter(lookup_expr="icontains")
    out_of_plan = filters.ChoiceFilter(choices=OutOfPlan.choices)

    class Meta:
        model = Battery
        fields: list[str] = []
