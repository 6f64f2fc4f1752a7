from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models

from alerts.enums import Kind, Severity
from stations.models import Location

LONGEST_NOTE = 500


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def waiting(self, now: datetime) -> Self:
        """Open, and nobody took it on, or only until before now."""
        return self.open().filter(models.Q(acknowledged_at=None) | models.Q(snoozed_until__lte=now))


class Alert(models.Model):
    """Something that needs a person, from when it was noticed (`opened_at`) until it is over.

    `subject` names the object, among those of its kind; `facts` is what there is to say of it
    (`alerts.words` makes sentences of them). `since` is when the trouble itself began.
    `acknowledged_at`: somebody took it on; with `snoozed_until`, it waits for a person again from
    then on.
    """

    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=120)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    location = models.ForeignKey(
        Location, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    facts = models.JSONField(default=dict)
    since = models.DateTimeField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-severity", "-since", "-pk"]
        indexes = [models.Index(fields=["-opened_at", "-id"], name="alert_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(closed_at=None),
                name="alert_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values, severity__in=Severity.values),
                name="alert_words_known",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | models.Q(closed_at__gte=models.F("opened_at")),
                name="alert_closed_after_opened",
            ),
            models.CheckConstraint(
                condition=models.Q(snoozed_until=None) | models.Q(acknowledged_at__isnull=False),
                name="alert_snoozed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
