from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stations.enums import Availability, ConnectorFormat, EvseStatus, PowerType
from stations.models.degrees import degrees
from stations.models.location import Location
from stations.models.station import ChargingStation


class Evse(models.Model):
    """What serves one car at a time (design document: charging slot; OCPI 2.2.1 §8.3.2).

    `number` is the station's own: connectorId in OCPP 1.6, evseId in 2.x; empty for an EVSE
    that no station of ours drives. `status` is the station's last word; whether the station
    is connected at all, `StationConnection` tells. `is_reserved`: kept for somebody, whether or
    not the station knows.
    """

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="evses")
    station = models.ForeignKey(
        ChargingStation, on_delete=models.PROTECT, related_name="evses", null=True, blank=True
    )
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    uid = models.CharField(max_length=36, unique=True)
    evse_id = models.CharField(max_length=48, blank=True)
    status = models.CharField(max_length=16, choices=EvseStatus, default=EvseStatus.UNKNOWN)
    status_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_info = models.CharField(max_length=255, blank=True)
    vendor_error_code = models.CharField(max_length=50, blank=True)
    availability = models.CharField(
        max_length=12, choices=Availability, default=Availability.OPERATIVE
    )
    availability_reason = models.CharField(max_length=255, blank=True)
    available_again_at = models.DateTimeField(null=True, blank=True)
    is_reserved = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    capabilities = ArrayField(models.CharField(max_length=48), default=list, blank=True)
    floor_level = models.CharField(max_length=4, blank=True)
    latitude = degrees(90, null=True, blank=True)
    longitude = degrees(180, null=True, blank=True)
    physical_reference = models.CharField(max_length=16, blank=True)
    directions = models.JSONField(default=list, blank=True)
    parking_restrictions = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    images = models.JSONField(default=list, blank=True)
    status_schedule = models.JSONField(default=list, blank=True)
    last_updated = models.DateTimeField(default=timezone.now)

    DESCRIPTION = (
        "capabilities", "floor_level", "latitude", "longitude", "physical_reference", "directions",
        "parking_restrictions", "images", "status_schedule",
    )  # fmt: skip
    """What drivers are told of the place; charging needs none of it and defers it."""

    class Meta:
        ordering = ["location_id", "station_id", "number", "uid"]
        indexes = [models.Index(models.functions.Upper("uid"), name="evse_uid_any_case")]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "number"],
                name="evse_number_unique_in_station",
                violation_error_message=_("Another EVSE of the station has this number."),
            ),
            models.CheckConstraint(
                condition=models.Q(station=None, number=None)
                | models.Q(station__isnull=False, number__gte=1),
                name="evse_numbered_by_its_station",
                violation_error_message=_("An EVSE of a station has a number from 1 there."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=EvseStatus.values),
                name="evse_status_known",
                violation_error_message=_("There is no such status of an EVSE."),
            ),
        ]

    def __str__(self) -> str:
        return self.physical_reference or self.uid


class Connector(models.Model):
    """A socket or cable of an EVSE (OCPI 2.2.1 §8.3.3); volts, amperes, watts."""

    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="connectors")
    ocpi_id = models.CharField("id", max_length=36)
    standard = models.CharField(max_length=32)
    format = models.CharField(max_length=8, choices=ConnectorFormat)
    power_type = models.CharField(max_length=16, choices=PowerType)
    max_voltage = models.PositiveIntegerField(help_text="V")
    max_amperage = models.PositiveIntegerField(help_text="A")
    max_electric_power = models.PositiveIntegerField(null=True, blank=True, help_text="W")
    terms_and_conditions = models.URLField(blank=True)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["evse_id", "ocpi_id"]
        constraints = [
            models.UniqueConstraint(fields=["evse", "ocpi_id"], name="connector_unique_in_evse")
        ]

    def __str__(self) -> str:
        return f"{self.evse}/{self.ocpi_id}"
