"""How a location shares its power among the cars that charge there."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.models import ChargingSession
from energy.domain.sharing import LEAST_A
from energy.enums import PhaseRotation, Standing
from stations.models import ChargingStation, Evse, Location, StationCommand

MOST_FUSE_A = 10_000


class PowerSharing(models.Model):
    """That a location shares its power, and what it must keep to: `fuse_a` of each phase.

    `default_a` is what a car may take where nothing was heard from us: every station has it as
    its default profile. At `due_at` the shares are looked at again, whatever happens until then.
    """

    location = models.OneToOneField(
        Location, on_delete=models.CASCADE, related_name="power_sharing"
    )
    is_enabled = models.BooleanField(default=True)
    fuse_a = models.PositiveIntegerField("fuse per phase")
    default_a = models.PositiveIntegerField("safe default", default=LEAST_A)
    volts = models.PositiveIntegerField("volts against neutral", default=230)
    due_at = models.DateTimeField(default=timezone.now)
    shared_at = models.DateTimeField(null=True, blank=True)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["location"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(is_enabled=True), name="power_sharing_due")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(fuse_a__range=(LEAST_A, MOST_FUSE_A)),
                name="power_sharing_fuse_sane",
                violation_error_message=_("A fuse is from 6 to 10,000 A."),
            ),
            models.CheckConstraint(
                condition=Q(default_a=0) | Q(default_a__gte=LEAST_A, default_a__lte=F("fuse_a")),
                name="power_sharing_default_sane",
                violation_error_message=_(
                    "The safe default is 0, or from 6 A to what the fuse bears."
                ),
            ),
            models.CheckConstraint(
                condition=Q(volts__range=(100, 400)),
                name="power_sharing_volts_sane",
                violation_error_message=_("Against neutral there are 100 to 400 V."),
            ),
        ]

    def __str__(self) -> str:
        return f"power of {self.location}"


class EvsePlace(models.Model):
    """Which phase of the connection an EVSE's first one is, and whether its cars come first."""

    evse = models.OneToOneField(Evse, on_delete=models.CASCADE, related_name="place")
    rotation = models.CharField(max_length=3, choices=PhaseRotation, default=PhaseRotation.RST)
    standing = models.PositiveSmallIntegerField(choices=Standing, default=Standing.USUAL)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rotation__in=PhaseRotation.values), name="evse_rotation_known"
            ),
            models.CheckConstraint(
                condition=Q(standing__in=Standing.values), name="evse_standing_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evse} {self.rotation}"


class SessionShare(models.Model):
    """What a running session may take. Amperes per phase, of the grid.

    `offered_a` is what its station accepted last, at `told_at`, in place of `before_a`; None:
    nothing yet. While `command` is open, `asked_a` is on its way. `changed_at`: since when it
    charges, or waits. `drawn_a` is what it took of `offered_a`, newest last, until `measured_at`;
    `appetite_a` what it can make use of (`energy.domain.sharing.appetite`). `ignores`: it takes
    more than it may, so what it takes is counted. At `refused_at` its station took no profile.
    """

    session = models.OneToOneField(
        ChargingSession, on_delete=models.CASCADE, related_name="power_share"
    )
    offered_a = models.PositiveIntegerField(null=True, blank=True)
    before_a = models.PositiveIntegerField(null=True, blank=True)
    asked_a = models.PositiveIntegerField(null=True, blank=True)
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(default=timezone.now)
    drawn_a = ArrayField(models.FloatField(), default=list, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)
    appetite_a = models.PositiveIntegerField(null=True, blank=True)
    ignores = models.BooleanField(default=False)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(offered_a=None) | Q(offered_a=0) | Q(offered_a__gte=LEAST_A))
                & (Q(asked_a=None) | Q(asked_a=0) | Q(asked_a__gte=LEAST_A)),
                name="session_share_nothing_or_enough",
            )
        ]

    def __str__(self) -> str:
        return f"{self.offered_a} A of {self.session_id}"


class StationDefault(models.Model):
    """The default profile that a station was given last, for when nothing is heard from us, and
    which of its boots that was in."""

    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, related_name="default_profile"
    )
    asked_a = models.PositiveIntegerField()
    is_held = models.BooleanField(default=False)
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    booted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.asked_a} A at {self.station}"
