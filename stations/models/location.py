from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stations.models.degrees import degrees


class Location(models.Model):
    """A site with one or more EVSEs (design document: charging point; OCPI 2.2.1 §8.3.1).

    Fields bear OCPI's names and shapes; `ocpi_id` is OCPI's `id`. Structures that we only hand
    on (`opening_times`, `directions`, …) are kept as JSON in OCPI's shape.
    """

    ocpi_id = models.CharField("id", max_length=36, unique=True)
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    publish = models.BooleanField("visible to everyone", default=True)
    publish_allowed_to = models.JSONField(default=list, blank=True)
    name = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=255)
    city = models.CharField(max_length=45)
    postal_code = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=45, blank=True)
    country = models.CharField("country (three letters)", max_length=3)
    latitude = degrees(90)
    longitude = degrees(180)
    related_locations = models.JSONField(default=list, blank=True)
    parking_type = models.CharField(max_length=32, blank=True)
    directions = models.JSONField(default=list, blank=True)
    operator = models.JSONField(null=True, blank=True)
    suboperator = models.JSONField(null=True, blank=True)
    owner = models.JSONField(null=True, blank=True)
    facilities = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    time_zone = models.CharField(max_length=255)
    opening_times = models.JSONField(null=True, blank=True)
    charging_when_closed = models.BooleanField(default=True)
    images = models.JSONField(default=list, blank=True)
    energy_mix = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["last_updated", "id"], name="location_last_updated"),
            models.Index(models.functions.Upper("ocpi_id"), name="location_id_any_case"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="location_on_earth",
                violation_error_message=_(
                    "A latitude is from -90 to 90 degrees, a longitude from -180 to 180."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.ocpi_id
