"""Tariffs in OCPI's shape, their versions, and where they hold."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from stations.models import Connector, Evse, Location
from tariffs.domain.model import KINDS
from tariffs.domain.places import Place


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

    `kind`, `starts_at` and `ends_at` are its `type`, `start_date_time` and `end_date_time`:
    which sessions it prices is asked of many at once. A version that priced a session
    (`used_at`) never changes; a change makes a new version.
    """

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=16, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    valid_from = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["tariff_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_numbered"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["", *sorted(KINDS)]), name="tariff_version_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff} v{self.number}"


class TariffAssignment(models.Model):
    """Where a tariff holds: at one connector, one EVSE, a whole location or (none of them)
    everywhere; for the tokens of one party, or (none) for everyone. `domain/choice.py` says
    which one wins."""

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
    country_code = models.CharField(max_length=2, blank=True)
    party_id = models.CharField(max_length=3, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tariff"],
                condition=models.Q(location=None, evse=None, connector=None),
                name="tariff_assigned_everywhere",
            ),
            models.Index(
                fields=["tariff"], condition=~models.Q(party_id=""), name="tariff_assigned_to_one"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(evse=None, connector=None)
                | models.Q(location=None, connector=None)
                | models.Q(location=None, evse=None),
                name="tariff_assigned_to_one_place",
            ),
            models.CheckConstraint(
                condition=models.Q(country_code="", party_id="")
                | (
                    models.Q(country_code__regex="^[A-Z]{2}$")
                    & models.Q(party_id__regex="^[A-Z0-9]{3}$")
                ),
                name="tariff_assigned_to_a_party",
            ),
            models.UniqueConstraint(
                fields=["tariff", "location", "evse", "connector", "country_code", "party_id"],
                nulls_distinct=False,
                name="tariff_assigned_once",
            ),
        ]

    def __str__(self) -> str:
        whose = f" for {self.country_code}-{self.party_id}" if self.party_id else ""
        return f"{self.tariff} at {self.connector or self.evse or self.location or '*'}{whose}"

    @property
    def place(self) -> Place:
        return Place(
            self.location_id,
            self.evse_id,
            self.connector_id,
            (self.country_code, self.party_id),
        )
