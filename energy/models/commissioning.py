from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from energy.enums import SignTestState
from energy.models.battery import Battery


class CommissioningTest(models.Model):
    """A test of which way a battery counts: asked for here, done by the poller, which writes
    each step as it goes. `steps`: [{"at", "text"}]."""

    battery = models.ForeignKey(Battery, on_delete=models.CASCADE, related_name="tests")
    state = models.CharField(max_length=8, choices=SignTestState, default=SignTestState.WAITING)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    steps = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["battery"],
                condition=Q(state__in=[SignTestState.WAITING, SignTestState.RUNNING]),
                name="one_test_of_a_battery_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SignTestState.values), name="test_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"test {self.pk} of {self.battery_id}"
