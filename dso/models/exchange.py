from django.db import models
from django.utils import timezone

from dso.enums import Direction
from dso.models.dso import Dso


class DsoMessage(models.Model):
    """A request and its answer, for people to read; secrets are blotted out. A log, not the
    truth. `action` is the last part of the path."""

    dso = models.ForeignKey(Dso, on_delete=models.CASCADE, related_name="messages")
    at = models.DateTimeField()
    direction = models.CharField(max_length=3, choices=Direction)
    method = models.CharField(max_length=10)
    action = models.CharField(max_length=64)
    url = models.CharField(max_length=500)
    http_status = models.SmallIntegerField(null=True)
    is_fault = models.BooleanField()
    duration_ms = models.IntegerField()
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["dso", "-at", "-id"], name="dso_message_newest"),
            models.Index(fields=["at"], name="dso_message_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.method} {self.action}"


class OwedMessage(models.Model):
    """What is to be sent to a DSO, in order: written with the change that made it due. A
    registration has no `body`: it holds a token, which is made when it is sent."""

    dso = models.ForeignKey(Dso, on_delete=models.CASCADE, related_name="owed")
    method = models.CharField(max_length=6, default="POST")
    action = models.CharField(max_length=64)
    body = models.JSONField(null=True, blank=True)
    correlation_id = models.CharField(max_length=128, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["dso", "due_at"], name="dso_owed_due")]

    def __str__(self) -> str:
        return f"{self.action} to {self.dso_id}"


class VtnEvent(models.Model):
    """An event as a VTN has it now. `key` names it for good; `seen_at` is when we first read this
    edition of it, and "now" in it means. `next_report_at`: when it is to be reported on."""

    dso = models.ForeignKey(Dso, on_delete=models.CASCADE, related_name="events")
    key = models.CharField(max_length=255)
    modified = models.CharField(max_length=40, blank=True)
    body = models.JSONField()
    seen_at = models.DateTimeField()
    next_report_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["dso", "key"], name="vtn_event_once")]

    def __str__(self) -> str:
        return f"event {self.key} of {self.dso_id}"
