"""What the poller found, stored: many devices in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from cpms.kernel import events
from energy.events import BatteryChanged
from energy.models import EnergyReading, PowerSharing
from energy.services.due import mark_due


@dataclass(frozen=True, slots=True)
class BatteryState:
    """Of one battery. `version` is the `last_updated` that the poller knew: what an address of
    before says is not stored for the new one."""

    battery_id: int
    location_id: int
    version: datetime
    soc: float | None
    energy_kwh: float | None
    power_kw: float | None
    read_at: datetime | None
    out_of_plan: str
    note: str
    is_news: bool


@dataclass(frozen=True, slots=True)
class MeterState:
    meter_id: int
    version: datetime
    power_kw: float | None
    read_at: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class Counters:
    """Of one device at one moment: exactly one of the ids is given."""

    battery_id: int | None
    meter_id: int | None
    at: datetime
    in_kwh: float
    out_kwh: float


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a set-point."""

    setpoint_id: int
    sent_at: datetime | None
    refused: str


@dataclass(slots=True)
class Found:
    """All of one round."""

    batteries: Sequence[BatteryState] = ()
    meters: Sequence[MeterState] = ()
    counters: Sequence[Counters] = ()
    told: Sequence[Told] = ()


NOTICED_KW = 1.0  # by so much a battery's power changes before shares are looked at for it
CHANGED = """
SELECT b.location_id, bool_or((b.out_of_plan = '') <> (s.out_of_plan = ''))
FROM energy_battery b
JOIN unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::text[])
     AS s(id, version, power_kw, out_of_plan) ON b.id = s.id AND b.last_updated = s.version
WHERE (b.out_of_plan = '') <> (s.out_of_plan = '')
   OR abs(coalesce(b.power_kw, 0) - coalesce(s.power_kw, 0)) > %s
GROUP BY b.location_id
"""
UPDATE_BATTERIES = """
UPDATE energy_battery b
SET soc = s.soc, energy_kwh = s.energy_kwh, power_kw = s.power_kw, read_at = s.read_at,
    out_of_plan = s.out_of_plan, out_of_plan_note = s.note
FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[],
            %s::timestamptz[], %s::text[], %s::text[])
     AS s(id, version, soc, energy_kwh, power_kw, read_at, out_of_plan, note)
WHERE b.id = s.id AND b.last_updated = s.version
"""
UPDATE_METERS = """
UPDATE energy_sitemeter m
SET power_kw = s.power_kw, read_at = s.read_at, fault = s.fault
FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::timestamptz[], %s::text[])
     AS s(id, version, power_kw, read_at, fault)
WHERE m.id = s.id AND m.last_updated = s.version
"""
UPDATE_SETPOINTS = """
UPDATE energy_batterysetpoint p
SET sent_at = COALESCE(p.sent_at, s.sent_at), refused = s.refused
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS s(id, sent_at, refused)
WHERE p.id = s.id
"""


@transaction.atomic
def store_found(found: Found, *, now: datetime) -> None:
    """Store one round, and tell whose battery changed. Where one left the plan or entered it, the
    plan is made anew; where one does something else, cars may draw more, or less. Locks as
    `dispatch` does: what is due before batteries."""
    with connection.cursor() as cursor:
        if found.batteries:
            cursor.execute(CHANGED, [*_columns(
                [(one.battery_id, one.version, one.power_kw, one.out_of_plan)
                 for one in found.batteries]
            ), NOTICED_KW])  # fmt: skip
            changed = dict(cursor.fetchall())
            mark_due((pk for pk, is_planned_anew in changed.items() if is_planned_anew), now)
            PowerSharing.objects.filter(location__in=changed).update(due_at=now)
            cursor.execute(UPDATE_BATTERIES, _columns(
                [(one.battery_id, one.version, one.soc, one.energy_kwh, one.power_kw, one.read_at,
                  one.out_of_plan, one.note[:200]) for one in found.batteries]
            ))  # fmt: skip
        if found.meters:
            cursor.execute(UPDATE_METERS, _columns(
                [(one.meter_id, one.version, one.power_kw, one.read_at, one.fault[:200])
                 for one in found.meters]
            ))  # fmt: skip
        if found.told:
            cursor.execute(UPDATE_SETPOINTS, _columns(
                [(one.setpoint_id, one.sent_at, one.refused[:200]) for one in found.told]
            ))  # fmt: skip
    EnergyReading.objects.bulk_create(
        [
            EnergyReading(
                battery_id=one.battery_id,
                meter_id=one.meter_id,
                at=one.at,
                in_kwh=one.in_kwh,
                out_kwh=one.out_kwh,
            )
            for one in found.counters
        ],
        ignore_conflicts=True,
    )
    for location_id in sorted({one.location_id for one in found.batteries if one.is_news}):
        events.publish(BatteryChanged(location_id))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
