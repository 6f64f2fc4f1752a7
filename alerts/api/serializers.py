"""Alerts over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.enums import Kind, Severity
from alerts.models import Alert
from alerts.models.alert import LONGEST_NOTE
from alerts.words import said

WORDS = [(severity.word, severity.label) for severity in Severity]


class AlertOut(serializers.ModelSerializer[Alert]):
    """`text` says it in a sentence, `details` is what others said; `facts` names what it is
    about. `since`: when the trouble began; `opened_at`: when it was noticed."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    severity = serializers.SerializerMethodField()
    location_id = serializers.CharField(source="location.ocpi_id", allow_null=True, default=None)
    text = serializers.SerializerMethodField()
    details = serializers.SerializerMethodField()
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.email", allow_null=True, default=None
    )

    class Meta:
        model = Alert
        fields = [
            "id", "kind", "severity", "location_id", "text", "details", "facts", "since",
            "opened_at", "closed_at", "acknowledged_at", "acknowledged_by", "snoozed_until", "note",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=WORDS))
    def get_severity(self, alert: Alert) -> str:
        return Severity(alert.severity).word

    def get_text(self, alert: Alert) -> str:
        return said(alert).what

    def get_details(self, alert: Alert) -> str:
        return said(alert).more


class TakeOnIn(serializers.Serializer[Any]):
    """With `until` it waits for a person again from then on."""

    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="")
    until = serializers.DateTimeField(allow_null=True, default=None)
