from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from energy.enums import OutOfPlan, Sign
from energy.models.device import ModbusDevice
from stations.models import Location

MOST_KW = 100_000


class Battery(ModbusDevice):
    """A stationary battery at a location. Power in kW, positive when it discharges; `efficiency`
    is one way; states of charge are shares (0 to 1); `wear_kwh` is what a kWh that goes in and
    comes out again wears off, in the currency of the location's contracts.

    The state, from `soc` on, is the poller's to write: a form that was opened a minute ago must
    not put it back (`energy.services.batteries`). A battery with an `out_of_plan` is neither
    planned with nor commanded; the note says more than the reason.
    """

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="batteries")
    name = models.CharField(max_length=64)
    is_enabled = models.BooleanField(default=True)
    capacity_kwh = models.FloatField()
    charge_kw = models.FloatField()
    discharge_kw = models.FloatField()
    efficiency = models.FloatField(default=0.95)
    soc_min = models.FloatField(default=0.05)
    soc_max = models.FloatField(default=0.95)
    wear_kwh = models.DecimalField(max_digits=8, decimal_places=4, default=Decimal("0.02"))

    sign = models.SmallIntegerField(choices=Sign, default=Sign.UNTESTED)
    soc = models.FloatField(null=True, blank=True)
    energy_kwh = models.FloatField(null=True, blank=True)
    power_kw = models.FloatField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    out_of_plan = models.CharField(
        max_length=16, choices=OutOfPlan, default=OutOfPlan.NOT_READ, blank=True
    )
    out_of_plan_note = models.CharField(max_length=200, blank=True)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["location", "name"]
        constraints = [
            *ModbusDevice.Meta.constraints,
            models.UniqueConstraint(
                fields=["location", "name"],
                name="battery_name_unique",
                violation_error_message=_(
                    "There is a battery of this name at this location already."
                ),
            ),
            models.UniqueConstraint(  # two that command one battery would fight
                fields=["host", "port", "unit_id"],
                name="battery_address_unique",
                violation_error_message=_("There is a battery at this address already."),
            ),
            models.CheckConstraint(
                condition=Q(
                    capacity_kwh__gt=0,
                    capacity_kwh__lte=MOST_KW,
                    charge_kw__range=(0, MOST_KW),
                    discharge_kw__range=(0, MOST_KW),
                    wear_kwh__gte=0,
                ),
                name="battery_size_makes_sense",
                violation_error_message=_(
                    "Its capacity must be above 0; its power and wear 0 or more."
                ),
            ),
            models.CheckConstraint(
                condition=Q(efficiency__gt=0, efficiency__lte=1),
                name="battery_efficiency_a_share",
                violation_error_message=_("Its efficiency must be above 0, at most 1."),
            ),
            models.CheckConstraint(
                condition=Q(soc_min__gte=0, soc_max__lte=1, soc_min__lt=F("soc_max")),
                name="battery_soc_bounds_in_order",
                violation_error_message=_(
                    "The lowest state of charge must be below the highest, both from 0 to 1."
                ),
            ),
            models.CheckConstraint(
                condition=Q(soc=None) | Q(soc__range=(0, 1)),
                name="battery_soc_a_share",
                violation_error_message=_("A state of charge is from 0 to 1."),
            ),
            models.CheckConstraint(
                condition=Q(sign__in=Sign.values),
                name="battery_sign_known",
                violation_error_message=_("This is no sign that we know."),
            ),
            models.CheckConstraint(
                condition=Q(out_of_plan__in=["", *OutOfPlan.values]),
                name="battery_out_of_plan_known",
                violation_error_message=_("This is no reason that we know."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BatterySetpoint(models.Model):
    """What a battery shall do until when (kW, positive: discharge) and why. The newest that has
    not ended holds; the poller sends it, refreshes it and lets it run out. `sent_at`: when the
    battery first took it; `refused`: why it was not sent, or not whole."""

    battery = models.ForeignKey(Battery, on_delete=models.CASCADE, related_name="setpoints")
    power_kw = models.FloatField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    refused = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["battery", "-id"], name="setpoint_newest"),
            models.Index(fields=["created_at"], name="setpoint_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(power_kw__range=(-MOST_KW, MOST_KW)), name="setpoint_power_in_range"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("created_at")), name="setpoint_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.power_kw} kW until {self.until}"
