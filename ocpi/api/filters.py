"""What the list of partners can be narrowed by."""

import django_filters as filters

from ocpi.enums import PartnerState
from ocpi.models import Partner


class PartnerFilter(filters.FilterSet):  # type: ignore[misc]
    name = filters.CharFilter(lookup_expr="iexact")
    state = filters.ChoiceFilter(choices=PartnerState.choices)
    country_code = filters.CharFilter("parties__country_code", lookup_expr="iexact", distinct=True)
    party_id = filters.CharFilter("parties__party_id", lookup_expr="iexact", distinct=True)

    class Meta:
        model = Partner
        fields: list[str] = []
