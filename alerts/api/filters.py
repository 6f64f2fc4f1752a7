"""What the list of alerts can be narrowed by."""

from typing import Any

import django_filters as filters
from django.utils import timezone

from alerts.enums import Kind, Severity
from alerts.models import Alert

STATES = [("open", "open"), ("waiting", "waiting"), ("closed", "closed")]
SEVERITIES = [(severity.word, severity.word) for severity in Severity]


class AlertFilter(filters.FilterSet):  # type: ignore[misc]
    kind = filters.ChoiceFilter(choices=Kind.choices)
    severity = filters.TypedChoiceFilter(
        choices=SEVERITIES, coerce=lambda word: Severity[word.upper()]
    )
    location = filters.CharFilter(field_name="location__ocpi_id")
    state = filters.ChoiceFilter(choices=STATES, method="of_state")

    class Meta:
        model = Alert
        fields: list[str] = []

    def of_state(self, queryset: Any, name: str, value: str) -> Any:
        if value == "waiting":
            return queryset.waiting(timezone.now())
        return queryset.filter(closed_at__isnull=value == "open")
