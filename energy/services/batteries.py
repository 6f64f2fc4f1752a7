"""Batteries: put in, changed, taken away. What they report is written by `polled`."""

from datetime import datetime

from django.db import IntegrityError, transaction

from cpms import egress
from cpms.kernel import events
from energy.enums import OutOfPlan
from energy.errors import BatteryExists, BatteryHasHistory, BatteryInvalid, UnknownBattery
from energy.events import BatteryChanged
from energy.models import Battery

UNIQUE_VIOLATION = "23505"
CHECK_VIOLATION = "23514"
ADDRESS = ("driver", "host", "port", "unit_id", "register_map")
STATED = (
    "location", "name", "is_enabled", "capacity_kwh", "charge_kw", "discharge_kw", "efficiency",
    "soc_min", "soc_max", "wear_kwh", *ADDRESS,
)  # fmt: skip


def save_battery(*, battery: Battery, now: datetime) -> Battery:
    """Store a new or changed battery. One at another address is another device: its sign must be
    tested anew. Raises EgressRefused, BatteryExists, BatteryInvalid, UnknownBattery."""
    require_reachable(battery.host, battery.port)  # before the transaction: it asks the DNS
    try:
        with transaction.atomic():
            stored = _store(battery, now)
    except IntegrityError as fault:
        raise _refusal(fault) from fault
    events.publish(BatteryChanged(stored.location_id))
    return stored


def require_reachable(host: str, port: int) -> None:
    """Raises EgressRefused for an address that the operator did not allow, BatteryInvalid for a
    name that has none."""
    try:
        egress.reachable(host, port)
    except egress.EgressFailed as fault:
        raise BatteryInvalid(fault.text) from fault


def _store(battery: Battery, now: datetime) -> Battery:
    battery.last_updated = now
    if battery._state.adding:  # noqa: SLF001 -- Django's documented way to ask
        battery.out_of_plan = OutOfPlan.NOT_READ if battery.is_enabled else OutOfPlan.SWITCHED_OFF
        battery.save()
        return battery
    held = Battery.objects.select_for_update(no_key=True).filter(pk=battery.pk).first()
    if held is None:
        raise UnknownBattery(id=battery.pk)
    was_enabled, was_at = held.is_enabled, [getattr(held, name) for name in ADDRESS]
    for name in STATED:
        setattr(held, name, getattr(battery, name))
    held.last_updated = now
    if was_at != [getattr(held, name) for name in ADDRESS]:
        held.sign = 0
        held.soc = held.energy_kwh = held.power_kw = held.read_at = None
        held.out_of_plan, held.out_of_plan_note = OutOfPlan.NOT_READ, ""
    if held.is_enabled != was_enabled:
        held.out_of_plan, held.out_of_plan_note = OutOfPlan.NOT_READ, ""
    if not held.is_enabled:
        held.out_of_plan = OutOfPlan.SWITCHED_OFF
    held.save()
    return held


@transaction.atomic
def remove_battery(*, battery: Battery) -> None:
    """Take away one that was put in by mistake. Raises BatteryHasHistory."""
    if battery.setpoints.exists():
        raise BatteryHasHistory(id=battery.pk)
    battery.delete()
    events.publish(BatteryChanged(battery.location_id))


def _refusal(fault: IntegrityError) -> Exception:
    """What a broken constraint means; another fault stays one."""
    cause = fault.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == UNIQUE_VIOLATION:
        return BatteryExists()
    if state == CHECK_VIOLATION:
        name = getattr(getattr(cause, "diag", None), "constraint_name", None)
        return BatteryInvalid(BROKEN.get(str(name), BatteryInvalid.message))
    return fault


BROKEN = {
    "battery_soc_bounds_in_order": "The lowest state of charge must be below the highest.",
    "battery_size_makes_sense": "Its capacity must be above 0; its power 0 or more.",
    "battery_efficiency_a_share": "Its efficiency must be above 0, at most 1.",
    "battery_has_a_host": "A device on Modbus has a host.",
    "battery_has_a_map_if_it_needs_one": "A register map is for the driver that needs one.",
    "battery_address_in_range": "Its port or unit id is out of range.",
}
