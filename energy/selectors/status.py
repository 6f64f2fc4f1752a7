"""The internal status of a location (R6): what is in its batteries, who charges, what holds, and
how energy flows now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from booking.enums import SessionStatus
from booking.models import ChargingSession
from energy.enums import MeterRole
from energy.models import Battery, EnergyPolicy, SiteMeter, SupplySource
from energy.selectors.batteries import batteries
from energy.selectors.dispatch import policy_of
from energy.selectors.measured import FRESH_FOR, is_fresh
from energy.selectors.supply import limit_kw, site_limit_kw, sources_of
from stations.enums import EvseStatus
from stations.models import Location

W_PER_KW = 1000


@dataclass(frozen=True, slots=True)
class SourceLimit:
    """What a source may give now, and what it may by contract, in kW."""

    source: SupplySource
    import_kw: float

    @property
    def is_reduced(self) -> bool:
        return self.import_kw < self.source.import_limit_kw


@dataclass(frozen=True, slots=True)
class FlowsNow:
    """In kW, into the site positive; a battery's discharging comes in. `grid` None: not known.
    `is_estimated`: it is not metered but follows from the others."""

    vehicles: float
    photovoltaics: float | None
    battery: float | None
    grid: float | None
    by_source: dict[str, float]
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class InternalStatus:
    location: Location
    batteries: Sequence[Battery]
    vehicles_charging: int
    policy: EnergyPolicy
    site_limit_kw: float | None
    limits: Sequence[SourceLimit]
    flows: FlowsNow


def internal_status(location: Location, now: datetime) -> InternalStatus:
    held = list(batteries().filter(location=location))
    running = ChargingSession.objects.filter(evse__location=location, status=SessionStatus.ACTIVE)
    charging = running.filter(Q(power_w__gt=0) | Q(power_w=None, evse__status=EvseStatus.CHARGING))
    sources = list(sources_of(location))
    return InternalStatus(
        location=location,
        batteries=held,
        vehicles_charging=charging.count(),
        policy=policy_of(location),
        site_limit_kw=site_limit_kw(location, now),
        limits=[SourceLimit(source, limit_kw(source, now)) for source in sources],
        flows=_flows(location, held, running.aggregate(w=Sum("power_w"))["w"] or 0, now),
    )


def _flows(location: Location, held: Sequence[Battery], watts: int, now: datetime) -> FlowsNow:
    rows = SiteMeter.objects.filter(location=location).select_related("source")
    meters = [one for one in rows if is_fresh(one, now)]
    vehicles = watts / W_PER_KW
    sun = _sum_of(one.power_kw for one in meters if one.role == MeterRole.PHOTOVOLTAICS)
    stored = _sum_of(one.power_kw for one in held if one.read_at and one.read_at > now - FRESH_FOR)
    by_source: dict[str, float] = {}
    for one in meters:
        if one.source is not None and one.power_kw is not None:
            by_source[one.source.name] = by_source.get(one.source.name, 0.0) + one.power_kw
    site = _sum_of(one.power_kw for one in meters if one.role == MeterRole.SITE)
    metered = site if site is not None else _sum_of(by_source.values())
    rest = vehicles - (sun or 0.0) - (stored or 0.0)
    return FlowsNow(
        vehicles=vehicles,
        photovoltaics=sun,
        battery=stored,
        grid=rest if metered is None else metered,
        by_source=by_source,
        is_estimated=metered is None,
    )


def _sum_of(values: object) -> float | None:
    """None where there is nothing to sum up."""
    found = [value for value in values if value is not None]  # type: ignore[attr-defined]
    return sum(found) if found else None
