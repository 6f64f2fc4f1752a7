"""Batteries and meters, and which batteries can be planned with."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from energy.domain.battery_watch import REVERTS_S
from energy.enums import Sign
from energy.errors import UnknownBattery, UnknownMeter
from energy.models import Battery, BatterySetpoint, CommissioningTest, SiteMeter
from stations.models import Location

FRESH_FOR = timedelta(seconds=30)  # the poller reads every few seconds
REVERSION = timedelta(seconds=REVERTS_S)
LARGEST_KEY = 2**63 - 1


def batteries() -> QuerySet[Battery]:
    """Batteries with their location, by location and name."""
    return Battery.objects.select_related("location").order_by("location__name", "name", "pk")


def battery_by_id(text: str) -> Battery:
    """Raises UnknownBattery, also for what is beyond every key."""
    number = int(text)
    found = batteries().filter(pk=number).first() if number <= LARGEST_KEY else None
    if found is None:
        raise UnknownBattery(id=text)
    return found


def planned_batteries(location: Location, now: datetime) -> QuerySet[Battery]:
    """Those that can be planned with: healthy, and read lately."""
    return batteries().filter(location=location, out_of_plan="", read_at__gt=now - FRESH_FOR)


def batteries_do_kw(location: Location, at: datetime) -> float:
    """What batteries give then (positive), or take, for certain: one that is out of the plan may
    rest at any moment, and one that was lost goes on until its reversion is over."""
    known = Battery.objects.filter(
        location=location, read_at__gt=at - REVERSION, power_kw__isnull=False
    )
    return sum(_does_kw(one, at) for one in known)


def _does_kw(battery: Battery, at: datetime) -> float:
    power = battery.power_kw or 0.0
    if battery.sign == Sign.UNTESTED:
        return -abs(power)
    is_planned = not battery.out_of_plan and (battery.read_at or at) > at - FRESH_FOR
    return power if is_planned else min(power, 0.0)


def last_setpoints(battery: Battery, most: int) -> QuerySet[BatterySetpoint]:
    """The newest first."""
    return battery.setpoints.order_by("-pk")[:most]


def last_test(battery: Battery) -> CommissioningTest | None:
    return CommissioningTest.objects.filter(battery=battery).order_by("-pk").first()


def meters() -> QuerySet[SiteMeter]:
    """Meters with their location and source, by location and name."""
    found = SiteMeter.objects.select_related("location", "source", "station")
    return found.order_by("location__name", "name", "pk")


def meter_by_id(text: str) -> SiteMeter:
    """Raises UnknownMeter, also for what is beyond every key."""
    number = int(text)
    found = meters().filter(pk=number).first() if number <= LARGEST_KEY else None
    if found is None:
        raise UnknownMeter(id=text)
    return found


def meter_of(location: Location, pk: int) -> SiteMeter:
    """Raises UnknownMeter, also for one of another location."""
    meter = meter_by_id(str(pk))
    if meter.location_id != location.pk:
        raise UnknownMeter(id=pk)
    return meter
