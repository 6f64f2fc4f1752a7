"""Meters of sites: put in, changed, taken away; readings that somebody sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite

from django.db import IntegrityError, transaction

from cpms.kernel import events
from energy.enums import MeterDriver
from energy.errors import (
    BadReadings,
    MeterExists,
    MeterHasHistory,
    MeterInvalid,
    ReadingsNotSent,
    UnknownMeter,
)
from energy.events import BatteryChanged
from energy.models import EnergyReading, SiteMeter
from energy.register_maps import register_map
from energy.services.batteries import UNIQUE_VIOLATION, require_reachable

STATED = ("location", "name", "role", "source", "driver", "station", "host", "port", "unit_id",
          "register_map", "is_turned")  # fmt: skip
MOST_READINGS = 10_000
MOST_KWH = 1e12
AHEAD = timedelta(minutes=5)  # clocks differ
S_PER_H = 3600


@dataclass(frozen=True, slots=True)
class Sent:
    """A reading of counters, in kWh."""

    at: datetime
    in_kwh: float
    out_kwh: float


def save_meter(*, meter: SiteMeter, now: datetime) -> SiteMeter:
    """Store a new or changed meter. Raises EgressRefused, MeterExists, MeterInvalid,
    UnknownMeter."""
    if meter.host:
        require_reachable(meter.host, meter.port)
    if meter.register_map:
        register_map(meter.register_map)
    if meter.source is not None and meter.source.location_id != meter.location_id:
        raise MeterInvalid("Its source is one of another location.")
    if meter.station is not None and meter.station.location_id != meter.location_id:
        raise MeterInvalid("Its station is one of another location.")
    try:
        with transaction.atomic():
            stored = _store(meter, now)
    except IntegrityError as fault:
        raise _refusal(fault) from fault
    events.publish(BatteryChanged(stored.location_id))
    return stored


def _store(meter: SiteMeter, now: datetime) -> SiteMeter:
    meter.last_updated = now
    if meter._state.adding:  # noqa: SLF001 -- public API of Django
        meter.save()
        return meter
    held = SiteMeter.objects.select_for_update(no_key=True).filter(pk=meter.pk).first()
    if held is None:
        raise UnknownMeter(id=meter.pk)
    for name in STATED:
        setattr(held, name, getattr(meter, name))
    held.last_updated = now
    held.save()
    return held


def _refusal(fault: IntegrityError) -> Exception:
    diagnosis = getattr(fault.__cause__, "diag", None)
    broken = getattr(diagnosis, "constraint_name", None)
    words = {one.name: one.violation_error_message for one in SiteMeter._meta.constraints}  # noqa: SLF001 -- public API of Django
    if broken not in words:
        return fault
    is_taken = getattr(fault.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
    return (MeterExists if is_taken else MeterInvalid)(str(words[broken]))


@transaction.atomic
def remove_meter(*, meter: SiteMeter) -> None:
    """Take away one that never gave a reading. Raises MeterHasHistory."""
    if meter.readings.exists():
        raise MeterHasHistory(id=meter.pk)
    meter.delete()
    events.publish(BatteryChanged(meter.location_id))


@transaction.atomic
def take_readings(*, meter: SiteMeter, sent: Sequence[Sent], now: datetime) -> int:
    """Store what somebody read; what is there already stays. Returns how many are new. Raises
    ReadingsNotSent, or BadReadings with a line for each fault; then nothing is stored."""
    held = SiteMeter.objects.select_for_update(no_key=True).get(pk=meter.pk)
    if held.driver != MeterDriver.UPLOAD:
        raise ReadingsNotSent(id=held.pk)
    if faults := [*_faults(sent, now), *_contradictions(held, sent)]:
        raise BadReadings(errors=faults)
    before = held.readings.count()
    EnergyReading.objects.bulk_create(
        [
            EnergyReading(meter=held, at=one.at, in_kwh=one.in_kwh, out_kwh=one.out_kwh)
            for one in sent
        ],
        ignore_conflicts=True,
    )
    _show(held)
    events.publish(BatteryChanged(held.location_id))
    return held.readings.count() - before


def _faults(sent: Sequence[Sent], now: datetime) -> list[str]:
    if not 0 < len(sent) <= MOST_READINGS:
        return [f"From 1 to {MOST_READINGS} readings at once."]
    faults = [
        f"{place}.{name}: must be from 0 to {MOST_KWH:g}"
        for place, one in enumerate(sent)
        for name, kwh in (("in_kwh", one.in_kwh), ("out_kwh", one.out_kwh))
        if not (isfinite(kwh) and 0 <= kwh <= MOST_KWH)
    ]
    faults += [
        f"{place}.at: lies in the future" for place, one in enumerate(sent) if one.at > now + AHEAD
    ]
    return faults + [
        f"{place}.at: must be later than the one before"
        for place, (one, other) in enumerate(pairwise(sent), 1)
        if other.at <= one.at
    ]


def _contradictions(meter: SiteMeter, sent: Sequence[Sent]) -> list[str]:
    """What says something else than what is stored of the same moment."""
    known = {
        row.at: (row.in_kwh, row.out_kwh)
        for row in meter.readings.filter(at__in=[one.at for one in sent])
    }
    return [
        f"{place}.at: another reading of this moment is known"
        for place, one in enumerate(sent)
        if known.get(one.at, (one.in_kwh, one.out_kwh)) != (one.in_kwh, one.out_kwh)
    ]


def _show(meter: SiteMeter) -> None:
    """The power that the newest two readings amount to."""
    newest = list(meter.readings.order_by("-at")[:2])
    meter.read_at, meter.fault = newest[0].at, ""
    meter.power_kw = None
    if len(newest) > 1:
        after, before = newest
        hours = (after.at - before.at).total_seconds() / S_PER_H
        came, went = after.in_kwh - before.in_kwh, after.out_kwh - before.out_kwh
        meter.power_kw = (came - went) / hours if came >= 0 and went >= 0 else None
    meter.save(update_fields=["read_at", "fault", "power_kw"])
