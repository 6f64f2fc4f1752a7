"""Batteries, and which of them can be planned with."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from energy.errors import UnknownBattery
from energy.models import Battery
from stations.models import Location

FRESH_FOR = timedelta(minutes=1)  # the poller reads every few seconds
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
