"""Batteries: put in, changed, taken away. What they report is written by `polled`."""

from datetime import datetime

from django.db import IntegrityError, transaction

from cpms import egress
from cpms.kernel import events
from energy.enums import OutOfPlan
from energy.errors import BatteryExists, BatteryHasHistory, BatteryInvalid, UnknownBattery
from energy.events import BatteryChanged
from energy.models import Battery, PowerSharing
from energy.register_maps import register_map
from energy.selectors.batteries import FRESH_FOR
from energy.services.due import mark_due

UNIQUE_VIOLATION = "23505"
ADDRESS = ("driver", "host", "port", "unit_id", "register_map")
STATED = (
    "location", "name", "is_enabled", "capacity_kwh", "charge_kw", "discharge_kw", "efficiency",
    "soc_min", "soc_max", "wear_kwh", *ADDRESS,
)  # fmt: skip


def save_battery(*, battery: Battery, now: datetime) -> Battery:
    """Store a new or changed battery. One at another address is another device: its sign must be
    tested anew. Raises EgressRefused, UnknownRegisterMap, InvalidRegisterMap, BatteryExists,
    BatteryInvalid, UnknownBattery."""
    require_reachable(battery.host, battery.port)  # before the transaction: it asks the DNS
    if battery.register_map:
        register_map(battery.register_map)
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


@transaction.atomic
def leave_out_unread(*, now: datetime) -> int:
    """Take batteries out of the plan that were not read for a while: the poller is away, and they
    rest before long. Once it reads them they are back. Returns how many."""
    unread = Battery.objects.filter(out_of_plan="", is_enabled=True, read_at__lte=now - FRESH_FOR)
    places = sorted(set(unread.values_list("location", flat=True)))
    mark_due(places, now)
    PowerSharing.objects.filter(location__in=places).update(due_at=now)
    gone = unread.filter(location__in=places).update(
        out_of_plan=OutOfPlan.NO_ANSWER, out_of_plan_note="nobody reads it: is the poller there?"
    )
    for location_id in places:
        events.publish(BatteryChanged(location_id))
    return gone


def _refusal(fault: IntegrityError) -> Exception:
    """What a broken constraint of a battery means; another fault stays one."""
    diagnosis = getattr(fault.__cause__, "diag", None)
    broken = getattr(diagnosis, "constraint_name", None)
    words = {one.name: one.violation_error_message for one in Battery._meta.constraints}  # noqa: SLF001 -- public API of Django
    if broken not in words:
        return fault
    is_taken = getattr(fault.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
    return (BatteryExists if is_taken else BatteryInvalid)(str(words[broken]))
