"""What the poller reads of the database."""

from datetime import datetime

from django.db.models import QuerySet

from energy.enums import SignTestState
from energy.models import Battery, BatterySetpoint, CommissioningTest, EnergyReading, SiteMeter


def polled_batteries() -> QuerySet[Battery]:
    return Battery.objects.filter(is_enabled=True).order_by("pk")


def polled_meters() -> QuerySet[SiteMeter]:
    return SiteMeter.objects.exclude(host="").order_by("pk")


def setpoints_in_force(now: datetime) -> dict[int, BatterySetpoint]:
    """The newest that has not ended, by battery."""
    rows = BatterySetpoint.objects.filter(until__gt=now).order_by("battery_id", "-pk")
    return {row.battery_id: row for row in rows.distinct("battery_id")}


def last_counters() -> dict[tuple[str, int], tuple[float, float]]:
    """The newest counters of each device: where a device has none of its own, ours go on."""
    found: dict[tuple[str, int], tuple[float, float]] = {}
    for kind in ("battery", "meter"):
        rows = (
            EnergyReading.objects.filter(**{f"{kind}__isnull": False})
            .order_by(f"{kind}_id", "-at")
            .distinct(f"{kind}_id")
        )
        for row in rows:
            found[kind, getattr(row, f"{kind}_id")] = (row.in_kwh, row.out_kwh)
    return found


def waiting_tests() -> QuerySet[CommissioningTest]:
    """Commissioning tests that nobody began, the oldest first."""
    return CommissioningTest.objects.filter(state=SignTestState.WAITING).order_by("pk")
