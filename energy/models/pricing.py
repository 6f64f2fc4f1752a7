"""Tariffs whose prices follow what energy costs."""

from datetime import time
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from energy.domain.pricing import Formula
from stations.models import Location


class DynamicTariff(models.Model):
    """The formula by which a location's tariff `ocpi_id` is published anew each day at
    `publish_at` (local) for the day after. `days` are the prices of today and tomorrow by local
    hour, as published; `note` says what went wrong the last time."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="dynamic_tariffs")
    ocpi_id = models.CharField("tariff id", max_length=36, unique=True)
    is_active = models.BooleanField(default=True)
    margin_kwh = models.DecimalField(max_digits=8, decimal_places=4, default=Decimal("0.15"))
    margin_percent = models.DecimalField(max_digits=6, decimal_places=2, default=0)
    floor_kwh = models.DecimalField(max_digits=8, decimal_places=4, default=Decimal("0.20"))
    ceiling_kwh = models.DecimalField(max_digits=8, decimal_places=4, default=Decimal("0.80"))
    largest_change_kwh = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)
    efficiency = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.95"))
    vat = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    publish_at = models.TimeField(default=time(14))
    published_for = models.DateField(null=True, blank=True)
    days = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=200, blank=True)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["ocpi_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(floor_kwh__gte=0, ceiling_kwh__gte=F("floor_kwh"), ceiling_kwh__lte=100),
                name="dynamic_tariff_bounds_in_order",
                violation_error_message=_(
                    "The floor must be 0 or more, the ceiling at least that and at most 100."
                ),
            ),
            models.CheckConstraint(
                condition=Q(efficiency__gt=0, efficiency__lte=1),
                name="dynamic_tariff_efficiency_a_share",
                violation_error_message=_("An efficiency is above 0, at most 1."),
            ),
            models.CheckConstraint(
                condition=Q(margin_percent__range=(-100, 1000), margin_kwh__range=(-100, 100)),
                name="dynamic_tariff_margin_sane",
                violation_error_message=_("This margin makes no sense."),
            ),
            models.CheckConstraint(
                condition=Q(largest_change_kwh=None) | Q(largest_change_kwh__gt=0),
                name="dynamic_tariff_may_change",
                violation_error_message=_("The largest change must be above 0."),
            ),
            models.CheckConstraint(
                condition=Q(vat=None) | Q(vat__range=(0, 100)),
                name="dynamic_tariff_vat_sane",
                violation_error_message=_("VAT is from 0 to 100 %."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.ocpi_id

    @property
    def formula(self) -> Formula:
        return Formula(
            margin=self.margin_kwh,
            margin_percent=Decimal(self.margin_percent),
            floor=self.floor_kwh,
            ceiling=self.ceiling_kwh,
            largest_change=self.largest_change_kwh,
            efficiency=self.efficiency,
        )
