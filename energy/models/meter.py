from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from energy.enums import MeterDriver, MeterRole
from energy.models.battery import Battery
from energy.models.device import ModbusDevice
from energy.models.supply import SupplySource
from stations.models import ChargingStation, Location


class SiteMeter(ModbusDevice):
    """A meter of a location: of one supply source, of photovoltaics, or of the whole site. Power
    in kW, positive into the site; `is_turned` where the device counts the other way. `station`: whose
    main meter (connector 0) it is. `fault`: why it has no reading now."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="site_meters")
    name = models.CharField(max_length=64)
    role = models.CharField(max_length=8, choices=MeterRole)
    source = models.ForeignKey(
        SupplySource, on_delete=models.PROTECT, null=True, blank=True, related_name="meters"
    )
    driver = models.CharField(max_length=16, choices=MeterDriver, default=MeterDriver.SUNSPEC)
    station = models.ForeignKey(
        ChargingStation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_turned = models.BooleanField(default=False)
    power_kw = models.FloatField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=200, blank=True)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["location", "name"]
        constraints = [
            *ModbusDevice.Meta.constraints,
            models.UniqueConstraint(
                fields=["location", "name"],
                name="site_meter_name_unique",
                violation_error_message=_(
                    "There is a meter of this name at this location already."
                ),
            ),
            models.CheckConstraint(
                condition=Q(role__in=MeterRole.values)
                & (Q(role=MeterRole.SUPPLY) ^ Q(source=None)),
                name="site_meter_of_a_supply_has_its_source",
                violation_error_message=_("A meter of a supply, and only that, has its source."),
            ),
            models.UniqueConstraint(
                fields=["station"],
                name="site_meter_of_a_station_once",
                violation_error_message=_("The main meter of this station is a site's already."),
            ),
            models.CheckConstraint(
                condition=Q(driver=MeterDriver.OCPP) ^ Q(station=None),
                name="site_meter_over_ocpp_has_its_station",
                violation_error_message=_("A meter over OCPP, and only that, has its station."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EnergyReading(models.Model):
    """Counters of a battery or a meter, in kWh: what came into the site and what went out of it
    (a battery's discharging comes in). Stored at least each quarter of an hour; flows are
    differences of them (`energy.domain.flows`)."""

    battery = models.ForeignKey(
        Battery, on_delete=models.PROTECT, null=True, blank=True, related_name="readings"
    )
    meter = models.ForeignKey(
        SiteMeter, on_delete=models.PROTECT, null=True, blank=True, related_name="readings"
    )
    at = models.DateTimeField()
    in_kwh = models.FloatField()
    out_kwh = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["battery", "at"], name="reading_of_battery_once", condition=~Q(battery=None)
            ),
            models.UniqueConstraint(
                fields=["meter", "at"], name="reading_of_meter_once", condition=~Q(meter=None)
            ),
            models.CheckConstraint(
                condition=Q(battery=None) ^ Q(meter=None), name="reading_of_one_device"
            ),
            models.CheckConstraint(
                condition=Q(in_kwh__gte=0, in_kwh__lt=1e15, out_kwh__gte=0, out_kwh__lt=1e15),
                name="reading_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.in_kwh} kWh in, {self.out_kwh} kWh out"
