"""What batteries shall do: told to the poller, which alone speaks to them."""

from datetime import datetime, timedelta
from math import isfinite

from django.db import transaction

from cpms import wakeups
from cpms.kernel import events
from energy.errors import BadSetpoint, BatteryOutOfPlan
from energy.events import BatteryChanged
from energy.models import Battery, BatterySetpoint

WAKE_UP = "setpoints"
KEPT_FOR = timedelta(days=35)


@transaction.atomic
def command(
    *, battery: Battery, power_kw: float, until: datetime, reason: str, now: datetime
) -> BatterySetpoint:
    """Let a battery discharge (positive) or charge (negative) until then, in place of what was
    said before. The same again only prolongs. Raises BadSetpoint, BatteryOutOfPlan."""
    held = Battery.objects.select_for_update(no_key=True).get(pk=battery.pk)
    if not isfinite(power_kw) or not -held.charge_kw <= power_kw <= held.discharge_kw:
        raise BadSetpoint(f"It must be from {-held.charge_kw:g} to {held.discharge_kw:g} kW.")
    if until <= now:
        raise BadSetpoint("It would end before it begins.")
    if held.out_of_plan:
        raise BatteryOutOfPlan(
            reason=held.out_of_plan, detail_of_reason=held.out_of_plan_note, battery=held.pk
        )
    setpoint = held.setpoints.filter(until__gt=now).order_by("-pk").first()
    if setpoint is None or (setpoint.power_kw, setpoint.reason) != (power_kw, reason):
        setpoint = BatterySetpoint(battery=held, power_kw=power_kw, reason=reason, created_at=now)
    setpoint.until = until
    setpoint.save()
    transaction.on_commit(lambda: wakeups.publish(WAKE_UP, {}))
    events.publish(BatteryChanged(held.location_id))
    return setpoint


def forget_setpoints(*, now: datetime) -> int:
    """Drop what ended long ago. Returns how many."""
    count, _ = BatterySetpoint.objects.filter(until__lt=now - KEPT_FOR).delete()
    return count
