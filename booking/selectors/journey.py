"""Questions about sessions, what was measured, CDRs and tokens."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from booking.domain.curve import thinned
from booking.domain.plausibility import CLOCK_AHEAD
from booking.enums import SessionStatus
from booking.errors import UnknownCdr, UnknownSession, UnknownToken
from booking.models import Cdr, ChargingSession, MeterSample, Token

MOST_POINTS = 600
MOST_SUMMED = 10_000


def sessions() -> QuerySet[ChargingSession]:
    """Sessions ready to render, newest first."""
    return ChargingSession.objects.select_related(
        "evse__location", "evse__station", "token", "tariff_version__tariff"
    ).order_by("-started_at", "-pk")


def cdrs() -> QuerySet[Cdr]:
    return Cdr.objects.select_related("session__evse__location").order_by("-issued_at", "-pk")


def cdr_before(cdr_id: UUID) -> UUID | None:
    """What whoever is told of a CDR must have been told of before: the one that it credits; the
    credit, of the one that it replaces."""
    rows = Cdr.objects.filter(pk=cdr_id).values_list("credits", "replaces__credited_by")
    found: tuple[UUID | None, UUID | None] = rows.first() or (None, None)
    return found[0] or found[1]


def tokens() -> QuerySet[Token]:
    return Token.objects.order_by("country_code", "party_id", "uid", "pk")


def session_by_id(session_id: UUID) -> ChargingSession:
    """Raises UnknownSession."""
    found = sessions().prefetch_related("cdrs").filter(pk=session_id).first()
    if found is None:
        raise UnknownSession(session_id=str(session_id))
    return found


def cdr_by_id(cdr_id: UUID) -> Cdr:
    """Raises UnknownCdr."""
    found = cdrs().filter(pk=cdr_id).first()
    if found is None:
        raise UnknownCdr(cdr_id=str(cdr_id))
    return found


def token_by_id(pk: int) -> Token:
    """Raises UnknownToken."""
    found = Token.objects.filter(pk=pk).first()
    if found is None:
        raise UnknownToken(token=pk)
    return found


def meter_samples(session: ChargingSession) -> QuerySet[MeterSample]:
    """The session's samples in the order of time. The times bound the partitions searched; the
    margin is for clocks that are a little off."""
    until = {"measured_at__lte": session.ended_at + CLOCK_AHEAD} if session.ended_at else {}
    return MeterSample.objects.filter(
        evse_id=session.evse_id,
        session_id=session.pk,
        measured_at__gte=session.started_at - CLOCK_AHEAD,
        **until,
    ).order_by("measured_at", "content_hash")


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Points of (milliseconds since the epoch, value): power in W, state of charge in percent."""

    power_w: list[tuple[int, int]]
    soc_percent: list[tuple[int, int]]


def power_curve(session: ChargingSession) -> PowerCurve:
    """The curve as reported; between two registers where no power was, as their difference. A
    long one is thinned to its peaks and lows."""
    rows = meter_samples(session).values_list("measured_at", "power_w", "energy_wh", "soc_percent")
    power: list[tuple[int, int]] = []
    soc: list[tuple[int, int]] = []
    before: tuple[int, int] | None = None
    for measured_at, power_w, energy_wh, soc_percent in rows:
        at = int(measured_at.timestamp() * 1000)
        if power_w is None and energy_wh is not None and before is not None and at > before[0]:
            power_w = max(round((energy_wh - before[1]) * 3_600_000 / (at - before[0])), 0)  # noqa: PLW2901 -- the same thing, derived
        if energy_wh is not None:
            before = (at, energy_wh)
        if power_w is not None:
            power.append((at, power_w))
        if soc_percent is not None:
            soc.append((at, soc_percent))
    return PowerCurve(thinned(power, MOST_POINTS), thinned(soc, MOST_POINTS))


@dataclass(frozen=True, slots=True)
class SessionSums:
    """What sessions add up to; `cost` by currency, before VAT. `is_part`: the newest only."""

    count: int
    energy_wh: int
    cost: dict[str, Decimal]
    is_part: bool


def session_sums(found: QuerySet[ChargingSession]) -> SessionSums:
    """The sums of (at most `MOST_SUMMED`, the newest) of these sessions, in one query."""
    newest = found.values("pk")[:MOST_SUMMED]
    rows = (
        ChargingSession.objects.filter(pk__in=newest)
        .values_list("currency")
        .annotate(count=Count("pk"), energy_wh=Sum("energy_wh"), cost=Sum("total_cost"))
        .order_by("currency")
    )
    sums = list(rows)
    count = sum(row[1] for row in sums)
    return SessionSums(
        count=count,
        energy_wh=sum(row[2] for row in sums),
        cost={row[0]: row[3] for row in sums if row[3] is not None},
        is_part=count == MOST_SUMMED,
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """The network at a glance; `revenue` by currency, before VAT."""

    charging: int
    power_w: int
    energy_today_wh: int
    sessions_today: int
    revenue: dict[str, Decimal]


def totals(now: datetime) -> Totals:
    """What goes on now, and what today (UTC) brought."""
    active = ChargingSession.objects.filter(status=SessionStatus.ACTIVE).aggregate(
        count=Count("pk"), power_w=Sum("power_w")
    )
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    unused = Q(reservation__isnull=False, meter_stop_wh=None, status=SessionStatus.COMPLETED)
    today = ChargingSession.objects.filter(
        Q(ended_at__gte=since) | Q(status=SessionStatus.ACTIVE)
    ).exclude(unused)
    sums = today.aggregate(count=Count("pk"), energy_wh=Sum("energy_wh"))
    revenue = (
        Cdr.objects.filter(issued_at__gte=since)
        .values_list("currency")
        .annotate(total=Sum("total_excl_vat"))
        .order_by("currency")
    )
    return Totals(
        charging=active["count"],
        power_w=active["power_w"] or 0,
        energy_today_wh=sums["energy_wh"] or 0,
        sessions_today=sums["count"],
        revenue=dict(revenue),
    )
