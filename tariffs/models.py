"""Tariffs in OCPI's shape, their versions, and where they hold."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from stations.models import Connector, Evse, Location


class Tariff(models.Model):
    """A price plan by its public name; what it says is in its versions."""

    ocpi_id = models.CharField("id", max_length=36, unique=True)
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["ocpi_id"]

    def __str__(self) -> str:
        return self.ocpi_id


class TariffVersion(models.Model):
    """What a tariff says from `valid_from` on: `body` is a whole OCPI 2.2.1 Tariff object.

    A version that priced a session (`used_at`) never changes; a change makes a new version.
    """

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["tariff_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_numbered")
        ]

    def __str__(self) -> str:
        return f"{self.tariff} v{self.number}"


class TariffAssignment(models.Model):
    """Where a tariff holds: at one connector, one EVSE or a whole location. The narrowest wins."""

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="assignments")
    location = models.ForeignKey(
        Location, on_delete=models.CASCADE, null=True, blank=True, related_name="tariffs"
    )
    evse = models.ForeignKey(
        Evse, on_delete=models.CASCADE, null=True, blank=True, related_name="tariffs"
    )
    connector = models.ForeignKey(
        Connector, on_delete=models.CASCADE, null=True, blank=True, related_name="tariffs"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(location__isnull=False, evse=None, connector=None)
                | models.Q(location=None, evse__isnull=False, connector=None)
                | models.Q(location=None, evse=None, connector__isnull=False),
                name="tariff_assigned_to_one_place",
            ),
            models.UniqueConstraint(
                fields=["tariff", "location", "evse", "connector"],
                nulls_distinct=False,
                name="tariff_assigned_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff} at {self.connector or self.evse or self.location}"
