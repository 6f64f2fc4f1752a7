"""What a location's energy is steered by, and what that came to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from energy.enums import PolicyKind
from energy.models.supply import SupplySource
from stations.models import Location


class EnergyPolicy(models.Model):
    """By what a location is steered; a location without one: automatically."""

    location = models.OneToOneField(
        Location, on_delete=models.CASCADE, related_name="energy_policy"
    )
    kind = models.CharField(max_length=16, choices=PolicyKind, default=PolicyKind.AUTOMATIC)
    reserve_soc = models.FloatField(default=0.5)
    source = models.ForeignKey(
        SupplySource, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["location_id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=PolicyKind.values),
                name="energy_policy_known",
                violation_error_message=_("This is no policy that we know."),
            ),
            models.CheckConstraint(
                condition=models.Q(reserve_soc__range=(0, 1)),
                name="energy_policy_reserve_a_share",
                violation_error_message=_("What is kept of a battery is a share, from 0 to 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.location}: {self.kind}"


class DispatchDue(models.Model):
    """A location that must be planned anew, since when. Written with the change that asks for it."""

    location = models.OneToOneField(Location, on_delete=models.CASCADE, related_name="dispatch_due")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.location} since {self.since}"


class DispatchPlan(models.Model):
    """The newest plan of a location: `body` has its steps of a quarter of an hour from
    `starts_at` on (`energy.services.dispatching`), costs are over all of them, in `currency`;
    `cost_otherwise` is what the cheapest source at each moment without a battery would cost."""

    location = models.OneToOneField(
        Location, on_delete=models.CASCADE, related_name="dispatch_plan"
    )
    made_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    policy = models.CharField(max_length=16, choices=PolicyKind)
    currency = models.CharField(max_length=3)
    cost = models.FloatField()
    cost_otherwise = models.FloatField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"{self.location} {self.made_at}"


class DispatchStep(models.Model):
    """What was decided for a quarter of an hour, the last time it was planned. Power in kW (a
    battery's is positive when it discharges), money in `currency`; `supply` by source's id."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="dispatch_steps")
    starts_at = models.DateTimeField()
    policy = models.CharField(max_length=16, choices=PolicyKind)
    supply = models.JSONField()
    load_kw = models.FloatField()
    pv_kw = models.FloatField()
    battery_kw = models.FloatField()
    shadow_price_kwh = models.FloatField()
    currency = models.CharField(max_length=3)
    cost = models.FloatField()
    cost_otherwise = models.FloatField()

    class Meta:
        ordering = ["location_id", "-starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["location", "starts_at"], name="dispatch_step_once")
        ]
        indexes = [models.Index(fields=["starts_at"], name="dispatch_step_age")]

    def __str__(self) -> str:
        return f"{self.location} {self.starts_at}"


class MonthPeak(models.Model):
    """The highest power of a source with a demand charge in a month so far, and the one that is
    aimed at: what would have been best in the month before. `counted_until`: where the quarters
    end that were looked at; `is_estimated`: some of them by sessions, without a meter."""

    source = models.ForeignKey(SupplySource, on_delete=models.CASCADE, related_name="peaks")
    month = models.DateField()
    reached_kw = models.FloatField(default=0)
    target_kw = models.FloatField(default=0)
    counted_until = models.DateTimeField(null=True, blank=True)
    is_estimated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "month"], name="month_peak_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.month:%Y-%m}"
