import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alerts.enums import Event, Kind, Severity
from alerts.models.alert import Alert
from stations.models import Location


class Webhook(models.Model):
    """A URL that alerts are sent to. `secret`, sealed (cpms.kernel.sealing), signs what is sent.
    `failing_since`: it has taken nothing since; `switched_off`: why nothing is sent any more."""

    name = models.CharField(max_length=64, unique=True)
    url = models.CharField(max_length=1024)
    secret = models.TextField(blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True)
    switched_off = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """Which alerts are told to whom: of these kinds (none: all), at least so bad, at these
    locations (none: all, and what belongs to none)."""

    name = models.CharField(max_length=64, unique=True)
    kinds = ArrayField(models.CharField(max_length=20, choices=Kind), default=list, blank=True)
    least_severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.WARNING)
    locations = models.ManyToManyField(Location, blank=True, related_name="+")
    subscribers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="alert_rules"
    )
    webhooks = models.ManyToManyField(Webhook, blank=True, related_name="rules")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    least_severity__in=Severity.values, kinds__contained_by=Kind.values
                ),
                name="alert_rule_words_known",
                violation_error_message=_("There is no such kind or severity."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_labels(self) -> list[str]:
        return [str(Kind(kind).label) for kind in self.kinds]


class Notice(models.Model):
    """What is owed to a subscriber (`user`) or a webhook: that an alert opened, or is over; to a
    webhook also a test. `due_at` is empty once it is settled: delivered, or `error` says why
    not. `body` is what a webhook is sent, whatever became of the alert since."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, null=True, blank=True, related_name="notices"
    )
    event = models.CharField(max_length=8, choices=Event)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, null=True, blank=True, related_name="notices"
    )
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="notice_due",
            ),
            models.Index(fields=["webhook", "-created_at"], name="notice_of_webhook"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user=None, webhook__isnull=False)
                | models.Q(user__isnull=False, webhook=None),
                name="notice_for_one",
            ),
            models.CheckConstraint(
                condition=models.Q(event=Event.TEST, alert=None, webhook__isnull=False)
                | (~models.Q(event=Event.TEST) & models.Q(alert__isnull=False)),
                name="notice_of_an_alert_or_a_test",
            ),
            models.UniqueConstraint(
                fields=["alert", "event", "user"],
                condition=models.Q(user__isnull=False),
                name="notice_mailed_once",
            ),
            models.UniqueConstraint(
                fields=["alert", "event", "webhook"],
                condition=models.Q(webhook__isnull=False, alert__isnull=False),
                name="notice_sent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.alert_id}"
