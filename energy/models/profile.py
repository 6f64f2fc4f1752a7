from django.db import models
from django.utils import timezone

from booking.models import ChargingSession
from stations.models import StationCommand


class SessionProfile(models.Model):
    """The one charging profile of a session, and what its station plans with all its limits.

    Its primary key is the profile's id at the station: it is replaced in one step, never taken
    away and set again. Who wants a session slower for reasons of its own (an eMSP, power
    sharing) agrees on one profile here, because stations do not take the lower of two: `wanted`
    is the eMSP's, kept within the session's share (`SessionShare`) when it is sent.

    `asked` is the last request to set or clear it. `seen` is the last look at what the station
    plans that it answered, `look` one that is open. Limits that the station took after
    `looked_at` call for another, where somebody wants to know (`is_watched`).
    """

    session = models.OneToOneField(
        ChargingSession, on_delete=models.CASCADE, related_name="charging_profile"
    )
    asked = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    look = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    wanted = models.JSONField(null=True, blank=True)
    is_watched = models.BooleanField(default=True)
    looked_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"profile {self.pk} of {self.session_id}"
