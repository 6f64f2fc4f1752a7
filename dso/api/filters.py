"""What the list of DSOs can be narrowed by."""

import django_filters as filters

from dso.enums import Alarm, DsoState, Protocol
from dso.models import Dso


class DsoFilter(filters.FilterSet):  # type: ignore[misc]
    name = filters.CharFilter(lookup_expr="iexact")
    protocol = filters.ChoiceFilter(choices=Protocol.choices)
    state = filters.ChoiceFilter(choices=DsoState.choices)
    alarm = filters.ChoiceFilter(choices=Alarm.choices)

    class Meta:
        model = Dso
        fields: list[str] = []
