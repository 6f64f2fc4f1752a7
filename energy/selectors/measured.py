"""What flowed at a location, in quarters of an hour from an instant (UTC) on: by its meters, its
batteries and its sessions. Power in kW, positive into the site; NaN where nobody can tell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import DateTimeField, F, Func, Max, Q, Value

from booking.models import ChargingSession, MeterSample
from energy.domain.calendar import Series
from energy.domain.flows import QUARTER, QUARTERS_AN_HOUR, add_flow, flow_of, power_of
from energy.enums import MeterRole
from energy.models import Battery, EnergyReading, SiteMeter, SupplySource
from stations.models import Location

AROUND = timedelta(hours=2)  # readings beyond the ends, to know what lies between
FRESH_FOR = timedelta(minutes=2)  # the poller reads every few seconds
SENT_FRESH_FOR = timedelta(minutes=20)
W_PER_KW = 1000

Counters = tuple[datetime, float, float]


def is_fresh(meter: SiteMeter, now: datetime) -> bool:
    """Whether the power that it shows is that of now."""
    lasts = FRESH_FOR if meter.host else SENT_FRESH_FOR
    return meter.power_kw is not None and meter.read_at is not None and meter.read_at > now - lasts


def meters_of_sun(location: Location) -> list[SiteMeter]:
    return list(SiteMeter.objects.filter(location=location, role=MeterRole.PHOTOVOLTAICS))


def meters_of_supply(location: Location) -> list[SiteMeter]:
    """The meters that together tell all that comes from the grid: those of the sources where
    each has one, else the site's. None: it is not metered."""
    meters = list(SiteMeter.objects.filter(location=location).order_by("pk"))
    sources = SupplySource.objects.filter(location=location).values_list("pk", flat=True)
    metered = {one.source_id for one in meters}
    if sources and all(pk in metered for pk in sources):
        return [one for one in meters if one.source_id]
    return [one for one in meters if one.role == MeterRole.SITE]


def meters_of_source(source: SupplySource) -> list[SiteMeter]:
    """Its own; the site's where it is the only source."""
    own = list(SiteMeter.objects.filter(source=source))
    if own or SupplySource.objects.filter(location=source.location_id).count() > 1:
        return own
    return list(SiteMeter.objects.filter(location=source.location_id, role=MeterRole.SITE))


def counters(device: Q, begins: datetime, ends: datetime) -> list[Counters]:
    """When, kWh in, kWh out: those of a time, and enough around it to know its ends."""
    found = EnergyReading.objects.filter(device, at__gte=begins - AROUND, at__lte=ends + AROUND)
    return list(found.order_by("at").values_list("at", "in_kwh", "out_kwh"))


def sun_between(location: Location, begins: datetime, count: int) -> Series:
    """What photovoltaics gave; NaN where nobody read them."""
    devices = [Q(meter=one) for one in meters_of_sun(location)]
    given: Series = np.maximum(_into_site(devices, begins, count), 0)
    return given


def building_between(location: Location, begins: datetime, count: int) -> Series | None:
    """What the site took beside vehicles and batteries. None: its supply is not metered."""
    meters = meters_of_supply(location)
    if not meters:
        return None
    grid = np.zeros(count)
    for one in meters:
        grid += _net(counters(Q(meter=one), begins, begins + count * QUARTER), begins, count)
    rest: Series = np.maximum(grid - _needed(location, begins, count), 0)
    return rest


def drawn_between(location: Location, begins: datetime, count: int) -> Series:
    """What the site must have drawn from the grid, by its sessions: estimated."""
    drawn: Series = np.maximum(np.nan_to_num(_needed(location, begins, count)), 0)
    return drawn


def _needed(location: Location, begins: datetime, count: int) -> Series:
    """What vehicles took beyond what photovoltaics and batteries gave."""
    batteries = Battery.objects.filter(location=location)
    given = [*(Q(meter=one) for one in meters_of_sun(location)),
             *(Q(battery=one) for one in batteries)]  # fmt: skip
    vehicles = np.array(vehicle_kwh(location, begins, count)) * QUARTERS_AN_HOUR
    needed: Series = vehicles - _into_site(given, begins, count)
    return needed


def metered_import(meters: Iterable[SiteMeter], begins: datetime, count: int) -> Series:
    """What came in by these meters; evenly over the gaps between their readings."""
    whole = np.zeros(count)
    for one in meters:
        rows = counters(Q(meter=one), begins, begins + count * QUARTER)
        flow = flow_of([(at, came) for at, came, _ in rows], begins, count)
        whole += np.array(flow.kwh) * QUARTERS_AN_HOUR
    return whole


def _into_site(devices: Sequence[Q], begins: datetime, count: int) -> Series:
    """Of several together. One that was never read in that time rests."""
    whole = np.zeros(count)
    for device in devices:
        rows = counters(device, begins, begins + count * QUARTER)
        if rows:
            whole += _net(rows, begins, count)
    return whole


def _net(rows: Sequence[Counters], begins: datetime, count: int) -> Series:
    came = power_of([(at, kwh) for at, kwh, _ in rows], begins, count)
    went = power_of([(at, kwh) for at, _, kwh in rows], begins, count)
    net: Series = np.array(came) - np.array(went)
    return net


def vehicle_kwh(location: Location, begins: datetime, count: int) -> list[float]:
    """What sessions took in each quarter, by their meter values between start and end."""
    sessions = ChargingSession.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=begins),
        evse__location=location,
        started_at__lt=begins + count * QUARTER,
    )
    rows = list(sessions.values("pk", "started_at", "ended_at", "meter_start_wh", "energy_wh"))
    values = _meter_values([row["pk"] for row in rows])
    kwh = [0.0] * count
    for row in rows:
        begun, start_wh = row["started_at"], row["meter_start_wh"]
        readings = [(begun, 0.0)]
        readings += [(at, (wh - start_wh) / W_PER_KW) for at, wh in values[row["pk"]] if at > begun]
        if row["ended_at"] and row["energy_wh"] is not None:
            readings = [one for one in readings if one[0] < row["ended_at"]]
            readings.append((row["ended_at"], row["energy_wh"] / W_PER_KW))
        add_flow(kwh, _rising(readings), begins)
    return kwh


def _rising(readings: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Without values that go back: a session's energy only grows, and its end says how much."""
    found: list[tuple[datetime, float]] = []
    for at, kwh in readings:
        while found and found[-1][1] > kwh:
            found.pop()
        found.append((at, kwh))
    return found


def _meter_values(session_ids: Sequence[UUID]) -> dict[UUID | None, list[tuple[datetime, int]]]:
    """The highest register of each quarter of an hour, by session."""
    quarter = Func(
        Value("15 minutes"),
        F("measured_at"),
        Value(datetime(2000, 1, 1, tzinfo=UTC)),
        function="date_bin",
        template="%(function)s(%(expressions)s)",
        arg_joiner=", ",
        output_field=DateTimeField(),
    )
    rows = (
        MeterSample.objects.filter(session_id__in=session_ids, energy_wh__isnull=False)
        .annotate(quarter=quarter)
        .values("session_id", "quarter")
        .annotate(at=Max("measured_at"), wh=Max("energy_wh"))
        .order_by("session_id", "at")
    )
    found: dict[UUID | None, list[tuple[datetime, int]]] = defaultdict(list)
    for row in rows:
        found[row["session_id"]].append((row["at"], row["wh"]))
    return found
