from django.db import models
from django.utils import timezone

from ocpi.enums import ConnectionStatus, Role
from ocpi.models.partner import Partner


class ClientInfo(models.Model):
    """What a hub says of a party behind it (2.2.1 §15.4.1): whether it can be reached there.
    `last_updated` is the hub's own; what is older than what we know counts for nothing."""

    hub = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="clients")
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    role = models.CharField(max_length=8, choices=Role)
    status = models.CharField(max_length=12, choices=ConnectionStatus)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["country_code", "party_id", "role"]
        constraints = [
            models.UniqueConstraint(
                models.F("hub"),
                models.functions.Upper("country_code"),
                models.functions.Upper("party_id"),
                name="client_of_hub_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ConnectionStatus.values),
                name="client_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_code}*{self.party_id} {self.status}"


class HubReading(models.Model):
    """When a hub's list of parties is read next (2.2.1 §15.2.2), and why it could not be."""

    hub = models.OneToOneField(
        Partner, on_delete=models.CASCADE, primary_key=True, related_name="reading"
    )
    due_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return f"parties of {self.hub_id}"
