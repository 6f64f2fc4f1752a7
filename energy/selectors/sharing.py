"""What is known of the cars that share a location's power."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from booking.enums import SessionStatus
from booking.models import ChargingSession, MeterSample
from energy.domain.calendar import STEP
from energy.domain.profiles import Supply, grid_amperes
from energy.domain.sharing import Line
from energy.enums import Phase
from energy.errors import NoPowerSharing
from energy.models import EvsePlace, PowerSharing, SessionShare
from energy.selectors.dispatch import vehicles_limit_kw
from energy.selectors.profiles import supply_at
from energy.selectors.supply import PHASES, phase_limits_kw, sources_of
from stations.models import Evse, Location
from stations.selectors import location_by_id

POWER: Line = "power"
STEP_S = STEP.total_seconds()
LOOK_BACK = timedelta(minutes=15)
BETWEEN_SAMPLES = timedelta(seconds=5)  # of looks at a location whose cars only report

SITE_PHASES = {"R": Phase.L1, "S": Phase.L2, "T": Phase.L3}
UNKNOWN_SUPPLY = Supply(volts=230, phases=3, max_a=32, max_w=22_080, is_dc=False)


@dataclass(frozen=True, slots=True)
class Draw:
    """What a car took at an instant, in amperes of the grid per phase."""

    measured_at: datetime
    received_at: datetime
    amperes: float


def power_sharing_of(location: Location) -> PowerSharing | None:
    return PowerSharing.objects.filter(location=location).first()


def limits_of(sharing: PowerSharing, at: datetime) -> dict[Line, float]:
    """What cars may draw then on each line of a location: its phases in amperes, all of it in
    watts."""
    limits: dict[Line, float] = dict.fromkeys(PHASES, float(sharing.fuse_a))
    sources = list(sources_of(sharing.location))
    for phase in PHASES if sources else ():
        fuses = []
        for source in sources:
            kw = phase_limits_kw(source, at).get(phase, inf)
            fuses.append(min(source.fuse_a or inf, kw * 1000 / sharing.volts))
        limits[phase] = min(limits[phase], sum(fuses))
    whole_kw = vehicles_limit_kw(sharing.location, at)
    if whole_kw is not None:
        limits[POWER] = whole_kw * 1000
    return limits


def sharers(location_id: int) -> QuerySet[ChargingSession]:
    """The sessions that run at a location, with all that sharing asks of them."""
    return (
        ChargingSession.objects.filter(evse__location=location_id, status=SessionStatus.ACTIVE)
        .select_related(
            "evse__place", "evse__station__connection", "evse__station__default_profile",
            "preferences", "charging_profile",
        )
        .prefetch_related("evse__connectors")
        .order_by("started_at", "pk")
    )  # fmt: skip


def supply_of_session(session: ChargingSession) -> Supply:
    return supply_at(session.evse) or UNKNOWN_SUPPLY


def loads_of(session: ChargingSession, volts: int) -> dict[Line, float]:
    """What an ampere of its share means on each line. Direct current is drawn from all phases."""
    supply = supply_of_session(session)
    place = getattr(session.evse, "place", None)
    rotation = place.rotation if place else "RST"
    phases = rotation if supply.is_dc else rotation[: supply.phases]
    return {**{SITE_PHASES[one]: 1.0 for one in phases}, POWER: float(volts * len(phases))}


def draws_of(sessions: Sequence[ChargingSession], now: datetime) -> dict[object, list[Draw]]:
    """What the cars took lately, oldest first."""
    supplies = {session.pk: supply_of_session(session) for session in sessions}
    rows = MeterSample.objects.filter(
        evse_id__in=[session.evse_id for session in sessions],
        measured_at__gt=now - LOOK_BACK,
    ).order_by("measured_at")
    found: dict[object, list[Draw]] = defaultdict(list)
    for row in rows:
        supply = supplies.get(row.session_id) if row.session_id else None
        amperes = _drawn(row, supply) if supply else None
        if amperes is not None:
            found[row.session_id].append(Draw(row.measured_at, row.received_at, amperes))
    return found


def _drawn(row: MeterSample, supply: Supply) -> float | None:
    currents = [row.current_l1_a, row.current_l2_a, row.current_l3_a]
    known = [one for one in currents if one is not None]
    if known and not supply.is_dc:
        return max(known)
    return None if row.power_w is None else grid_amperes(row.power_w, supply)


def due_for_sharing(now: datetime) -> QuerySet[PowerSharing]:
    """Where shares must be looked at: it is time, a car came or went, or cars reported."""
    running = ChargingSession.objects.filter(
        evse__location=OuterRef("location"), status=SessionStatus.ACTIVE
    )
    came = running.filter(power_share=None)
    shares = SessionShare.objects.filter(session__evse__location=OuterRef("location"))
    went = shares.exclude(session__status=SessionStatus.ACTIVE)
    reported = shares.filter(
        Q(measured_at=None) | Q(measured_at__lt=F("session__last_meter_at")),
        session__last_meter_at__isnull=False,
    )
    is_news = Exists(came) | Exists(went)
    is_report = Q(shared_at__lt=now - BETWEEN_SAMPLES) & Exists(reported)
    return PowerSharing.objects.filter(is_enabled=True).filter(
        Q(due_at__lte=now) | is_news | is_report
    )


def next_change_at(sharing: PowerSharing, after: datetime, until: datetime) -> datetime:
    """When a limit of the location begins or ends next, or a step of its plan, at the latest
    `until`."""
    moments: list[datetime] = [until, after + STEP - timedelta(seconds=after.timestamp() % STEP_S)]
    for source in sources_of(sharing.location):
        bounds: Iterable[tuple[datetime, datetime | None]] = source.limits.filter(
            Q(starts_at__gt=after, starts_at__lt=until) | Q(ends_at__gt=after, ends_at__lt=until)
        ).values_list("starts_at", "ends_at")
        moments += [one for pair in bounds for one in pair if one is not None and one > after]
    return min(moments)


def sharing_at(text: str) -> PowerSharing:
    """That of a location by its OCPI id. Raises UnknownLocation or NoPowerSharing."""
    sharing = power_sharing_of(location_by_id(text))
    if sharing is None:
        raise NoPowerSharing(location_id=text)
    return sharing


def sharings() -> QuerySet[PowerSharing]:
    return PowerSharing.objects.select_related("location").order_by("location__ocpi_id")


def places_of(location: Location) -> list[EvsePlace]:
    """One for each EVSE; those that nobody placed have the usual one."""
    evses = Evse.objects.filter(location=location, removed_at=None).select_related("place")
    return [getattr(one, "place", None) or EvsePlace(evse=one) for one in evses.order_by("uid")]


def shares_of(location: Location) -> QuerySet[SessionShare]:
    """What the cars that charge there may take, in the order that they came."""
    return (
        SessionShare.objects.filter(
            session__evse__location=location, session__status=SessionStatus.ACTIVE
        )
        .select_related("session__evse__station", "command")
        .order_by("session__started_at", "pk")
    )
