"""Main meters of stations: what connector 0 of a station tells becomes readings of the site's
meter that an operator named."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from booking.models import MeterSample
from cpms.kernel import events
from energy.domain.flows import QUARTER
from energy.domain.main_meter import MainReading, main_reading
from energy.enums import MeterDriver
from energy.events import BatteryChanged
from energy.models import EnergyReading, SiteMeter
from energy.selectors.measured import SENT_FRESH_FOR

FIRST_LOOK = timedelta(days=1)
AHEAD = timedelta(minutes=5)  # clocks differ
MOST_AT_ONCE = 5_000
SILENT = "The station sends no values of a main meter (MeterValues of connector 0)."
NO_COUNTER = "The station's main meter sends no energy register (Energy.Active.Import.Register)."


def read_main_meters(*, now: datetime) -> int:
    """Take what came since the last look; returns of how many meters something came."""
    meters = SiteMeter.objects.filter(
        driver=MeterDriver.OCPP, station__location_id=F("location_id")
    )
    return sum(_read(pk, now) for pk in meters.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _read(pk: int, now: datetime) -> bool:
    """What comes late, between readings that are there, is left out: counters lose nothing by
    it."""
    meter = SiteMeter.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
    if meter is None:
        return False
    said = _since(meter, meter.read_at or now - FIRST_LOOK, now)
    if not said:
        _note_silence(meter, now)
        return False
    EnergyReading.objects.bulk_create(_first_of_quarters(meter, said), ignore_conflicts=True)
    meter.read_at, meter.power_kw = said[-1].at, said[-1].power_kw
    meter.fault = NO_COUNTER if all(one.counters is None for one in said) else ""
    meter.save(update_fields=["read_at", "power_kw", "fault"])
    events.publish(BatteryChanged(meter.location_id))
    return True


def _since(meter: SiteMeter, since: datetime, now: datetime) -> list[MainReading]:
    """In the order of time. The samples of connector 0 are kept under the negative of the
    station's key (`booking.services.ingest`)."""
    assert meter.station_id is not None
    samples = MeterSample.objects.filter(
        evse_id=-meter.station_id, measured_at__gt=since, measured_at__lte=now + AHEAD
    )
    rows = samples.order_by("measured_at").values_list(
        "measured_at", "energy_wh", "power_w", "other"
    )
    said = [main_reading(*row) for row in rows[:MOST_AT_ONCE]]
    return [one.turned() for one in said] if meter.is_turned else said


def _first_of_quarters(meter: SiteMeter, said: list[MainReading]) -> list[EnergyReading]:
    """The first with counters of each quarter of an hour that has no reading yet."""
    newest = meter.readings.order_by("-at").first()
    taken = {_quarter_of(newest.at)} if newest else set()
    found = []
    for one in said:
        quarter = _quarter_of(one.at)
        if one.counters is not None and quarter not in taken:
            taken.add(quarter)
            came, went = one.counters
            found.append(EnergyReading(meter=meter, at=one.at, in_kwh=came, out_kwh=went))
    return found


def _quarter_of(at: datetime) -> int:
    return int(at.timestamp() // QUARTER.total_seconds())


def _note_silence(meter: SiteMeter, now: datetime) -> None:
    heard_at = meter.read_at or meter.last_updated
    if meter.fault != SILENT and heard_at <= now - SENT_FRESH_FOR:
        meter.fault = SILENT
        meter.save(update_fields=["fault"])
