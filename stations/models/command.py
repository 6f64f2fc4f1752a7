import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from stations.enums import OPEN_COMMAND, CommandStatus, WhenOffline
from stations.models.station import ChargingStation


class StationCommand(models.Model):
    """One OCPP request to a station: queued → sent → accepted, rejected, failed or timed out.

    The row is the command; a message on Redis only wakes the process that holds the socket.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="commands")
    action = models.CharField(max_length=50)
    payload = models.JSONField(default=dict)
    status = models.CharField(max_length=12, choices=CommandStatus, default=CommandStatus.QUEUED)
    when_offline = models.CharField(max_length=8, choices=WhenOffline, default=WhenOffline.FAIL)
    response = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    origin = models.CharField(max_length=64, blank=True)
    epoch = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["station", "created_at"],
                condition=models.Q(status=CommandStatus.QUEUED),
                name="command_queued",
            ),
            models.Index(
                fields=["deadline_at"],
                condition=models.Q(status__in=sorted(OPEN_COMMAND)),
                name="command_open_deadline",
            ),
            models.Index(fields=["station", "-created_at"], name="command_of_station"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=sorted(OPEN_COMMAND), settled_at=None)
                | (~models.Q(status__in=sorted(OPEN_COMMAND)) & models.Q(settled_at__isnull=False)),
                name="command_settled_when_closed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} to {self.station_id}: {self.status}"
