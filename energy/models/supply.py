"""Where a location's energy comes from: sources, their contracts, limits and prices."""

from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from energy.domain.supply import MOST_KW
from energy.enums import ContractKind, LimitKind, Phase
from stations.models import Location

MOST_PRICE = 5_000  # per kWh, in whatever currency

THIS_LIST = models.Func(
    models.F("price_list"),
    models.F("price_list"),
    models.Value("[]"),
    function="int8range",
    output_field=BigIntegerRangeField(),
)
ITS_TIME = models.Func(
    models.F("starts_at"),
    models.F("ends_at"),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


def is_power(field: str) -> models.Q:
    """A power that can be: NaN and infinity compare as more than any number."""
    return models.Q(**{f"{field}__range": (0, MOST_KW)})


class SiteLimit(models.Model):
    """What a location as a whole may draw, whatever its sources could give."""

    location = models.OneToOneField(Location, on_delete=models.CASCADE, related_name="site_limit")
    import_limit_kw = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=is_power("import_limit_kw"),
                name="site_limit_sane",
                violation_error_message=_("A power is from 0 to 100,000 kW."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.location}: {self.import_limit_kw} kW"


class SupplySource(models.Model):
    """A way into a location: a connection point (`connection_id` is its POD or EAN) with what it
    may take by contract, and the fuse of each phase."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="supply_sources")
    name = models.CharField(max_length=64)
    connection_id = models.CharField(max_length=64, blank=True)
    import_limit_kw = models.FloatField()
    fuse_a = models.FloatField("fuse per phase", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["location_id", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "name"],
                name="supply_source_named_once",
                violation_error_message=_(
                    "There is a supply source of this name at this location already."
                ),
            ),
            models.CheckConstraint(
                condition=is_power("import_limit_kw"),
                name="supply_source_limit_sane",
                violation_error_message=_("A power is from 0 to 100,000 kW."),
            ),
            models.CheckConstraint(
                condition=models.Q(fuse_a=None) | models.Q(fuse_a__gt=0, fuse_a__lte=10_000),
                name="supply_source_fuse_sane",
                violation_error_message=_("A fuse is above 0, at most 10,000 A."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FallbackHold(models.Model):
    """A DSO that limits a source is away: its fallback limits hold until it is back."""

    source = models.ForeignKey(SupplySource, on_delete=models.CASCADE, related_name="fallbacks")
    origin = models.CharField(max_length=64)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "origin"],
                name="fallback_held_once",
                violation_error_message=_("This is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} without {self.origin}"


class PriceList(models.Model):
    """Day-ahead prices of a market zone, say. Without news for `stale_after` they are stale."""

    name = models.CharField(max_length=64, unique=True)
    currency = models.CharField(max_length=3, default="EUR")
    stale_after = models.DurationField(default=timedelta(hours=26))
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"),
                name="price_list_currency_code",
                violation_error_message=_("A currency is three capital letters."),
            ),
            models.CheckConstraint(
                condition=models.Q(stale_after__gt=timedelta(0)),
                name="price_list_gets_stale",
                violation_error_message=_("The time after which it is stale must be above 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EnergyPrice(models.Model):
    """What a kilowatt-hour costs in a period; `firm`: no forecast."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price_kwh = models.DecimalField(max_digits=10, decimal_places=6)
    firm = models.BooleanField(default=True)
    origin = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["price_list_id", "starts_at"]
        indexes = [
            models.Index(fields=["price_list", "starts_at"], name="energy_price_in_order"),
            models.Index(fields=["price_list", "received_at"], name="energy_price_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="energy_price_lasts",
                violation_error_message=_("A price must end after it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(price_kwh__range=(-MOST_PRICE, MOST_PRICE)),
                name="energy_price_sane",
                violation_error_message=_("This is no price of a kilowatt-hour."),
            ),
            ExclusionConstraint(
                name="energy_price_no_overlap",
                expressions=[
                    (THIS_LIST, RangeOperators.OVERLAPS),
                    (ITS_TIME, RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_list} {self.starts_at:%Y-%m-%d %H:%M}"


class PriceFile(models.Model):
    """A file of the drop folder that was taken, or refused with `error`. `mark`: of its name,
    time and content, so that it is taken once."""

    name = models.CharField(max_length=255)
    mark = models.CharField(max_length=64, unique=True)
    price_list = models.ForeignKey(
        PriceList, on_delete=models.CASCADE, null=True, blank=True, related_name="files"
    )
    taken_at = models.DateTimeField()
    prices = models.PositiveIntegerField(default=0)
    doubts = models.JSONField(default=list)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-taken_at", "-pk"]
        indexes = [models.Index(fields=["taken_at"], name="price_file_age")]

    def __str__(self) -> str:
        return self.name


class SupplyContract(models.Model):
    """What a source's energy costs from an instant on, until a newer contract begins. SPOT: the
    price list and `adder_kwh` on top. Money per kWh, before VAT, in `currency`."""

    source = models.ForeignKey(SupplySource, on_delete=models.CASCADE, related_name="contracts")
    kind = models.CharField(max_length=8, choices=ContractKind)
    price_list = models.ForeignKey(
        PriceList, on_delete=models.PROTECT, null=True, blank=True, related_name="contracts"
    )
    adder_kwh = models.DecimalField(max_digits=10, decimal_places=6, default=0)
    f1_kwh = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)
    f2_kwh = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)
    f3_kwh = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)
    price_kwh = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)
    demand_charge_kw_month = models.DecimalField(max_digits=10, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    co2_g_kwh = models.PositiveIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["source_id", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["source", "valid_from"], name="contract_begins_once", violation_error_message=_("A contract of this source begins then already.")),
            models.CheckConstraint(
                condition=models.Q(
                    kind=ContractKind.SPOT, price_list__isnull=False,
                    f1_kwh=None, f2_kwh=None, f3_kwh=None, price_kwh=None,
                )
                | models.Q(
                    kind=ContractKind.BANDS, price_list=None, price_kwh=None, adder_kwh=0,
                    f1_kwh__isnull=False, f2_kwh__isnull=False, f3_kwh__isnull=False,
                )
                | models.Q(
                    kind=ContractKind.FLAT, price_list=None, price_kwh__isnull=False, adder_kwh=0,
                    f1_kwh=None, f2_kwh=None, f3_kwh=None,
                ),
                name="contract_says_its_kind", violation_error_message=_("A day-ahead contract needs a price list, one by bands three prices, a flat one its price; and none of the others."),
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"), name="contract_currency_code", violation_error_message=_("A currency is three capital letters.")
            ),
            models.CheckConstraint(
                condition=models.Q(demand_charge_kw_month__range=(0, MOST_PRICE)),
                name="contract_demand_charge_sane", violation_error_message=_("A demand charge is from 0 to 5,000 per kW and month."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} from {self.valid_from:%Y-%m-%d}"


class CapacityLimit(models.Model):
    """What a source may take or give for a while, in kW; `ends_at` None: until it is changed.
    `reference` is its name where it comes from (`origin`). Of several the lowest holds."""

    source = models.ForeignKey(SupplySource, on_delete=models.CASCADE, related_name="limits")
    kind = models.CharField(max_length=16, choices=LimitKind, default=LimitKind.IMPORT)
    phase = models.CharField(max_length=3, choices=Phase, default=Phase.ALL)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    kw = models.FloatField()
    binding = models.BooleanField(default=True)
    origin = models.CharField(max_length=64)
    reference = models.CharField(max_length=255)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["source_id", "starts_at", "pk"]
        indexes = [
            models.Index(fields=["source", "ends_at", "starts_at"], name="capacity_limit_at"),
            models.Index(fields=["source", "origin", "reference"], name="capacity_limit_from"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=is_power("kw"),
                name="capacity_limit_sane",
                violation_error_message=_("A power is from 0 to 100,000 kW."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="capacity_limit_lasts",
                violation_error_message=_("A limit must end after it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=LimitKind.values, phase__in=Phase.values),
                name="capacity_limit_kind_known",
                violation_error_message=_("This is no limit that we know."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.kw} kW"
