from django.db import models
from django.utils import timezone

from booking.models import ChargingSession
from energy.enums import ProfileType


class SessionPreferences(models.Model):
    """What the driver of a session wants, the last that was accepted: for whoever plans how fast
    it charges."""

    session = models.OneToOneField(
        ChargingSession, on_delete=models.CASCADE, related_name="preferences"
    )
    profile_type = models.CharField(max_length=8, choices=ProfileType)
    departs_at = models.DateTimeField(null=True, blank=True)
    energy_need_wh = models.PositiveBigIntegerField(null=True, blank=True)
    may_discharge = models.BooleanField(default=False)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(profile_type__in=ProfileType.values),
                name="preferences_profile_type_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.profile_type} of {self.session_id}"
