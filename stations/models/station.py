from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stations.enums import Availability, Registration
from stations.models.location import Location


class ChargingStation(models.Model):
    """The device with the socket to us (OCPP 1.6: Charge Point).

    `identity` is the last part of the URL it connects to, published nowhere. Its key is kept as
    salted HMAC-SHA-256 (`key_digest`); while a rotation is unsettled the new one is accepted
    too (`pending_key_digest`), until the station used it or refused it.
    """

    identity = models.CharField(max_length=48, unique=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stations")
    security_profile = models.PositiveSmallIntegerField(default=1)
    key_salt = models.BinaryField(default=b"", editable=False)
    key_digest = models.BinaryField(default=b"", editable=False)
    pending_key_digest = models.BinaryField(null=True, editable=False)
    availability = models.CharField(
        max_length=12, choices=Availability, default=Availability.OPERATIVE
    )
    registration = models.CharField(
        max_length=8, choices=Registration, default=Registration.ACCEPTED
    )
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial_number = models.CharField(max_length=50, blank=True)
    firmware_version = models.CharField(max_length=50, blank=True)
    iccid = models.CharField(max_length=50, blank=True)
    imsi = models.CharField(max_length=50, blank=True)
    meter_type = models.CharField(max_length=50, blank=True)
    meter_serial_number = models.CharField(max_length=50, blank=True)
    booted_at = models.DateTimeField(null=True, blank=True)
    firmware_status = models.CharField(max_length=32, blank=True)
    diagnostics_status = models.CharField(max_length=32, blank=True)
    station_error_code = models.CharField(max_length=50, blank=True)
    configuration = models.JSONField(default=dict, blank=True)
    strict = models.BooleanField("refuse what deviates from the specification", default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["identity"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(security_profile__range=(1, 3)),
                name="station_security_profile_known",
                violation_error_message=_("A security profile is 1, 2 or 3."),
            )
        ]

    def __str__(self) -> str:
        return self.identity


class StationConnection(models.Model):
    """The one live socket of a station, or the last one. A row exists for every station.

    `epoch` grows with each accepted socket; a write or command that carries an older one comes
    from a socket that was replaced and counts for nothing. `gateway` names the process that
    holds the socket: its wake-up channel.
    """

    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="connection"
    )
    epoch = models.BigIntegerField(default=0)
    gateway = models.CharField(max_length=64, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    subprotocol = models.CharField(max_length=16, blank=True)
    remote_address = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["gateway"], name="connection_gateway")]

    def __str__(self) -> str:
        return f"{self.station_id} epoch {self.epoch}"

    @property
    def is_connected(self) -> bool:
        return self.connected_at is not None and self.disconnected_at is None


class StationQuirk(models.Model):
    """How often a named repair was needed to understand a station."""

    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="quirks")
    name = models.CharField(max_length=48)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "name"], name="quirk_unique_in_station")
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.count}"
