"""What an OSCP 2.0 peer tells us: we are the flexibility provider, it provides capacity.

The peer is known by its token, and speaks only of its own groups.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cpms.kernel import events
from dso.domain import oscp
from dso.domain.neutral import overlaid
from dso.enums import Alarm, DsoState, TokenKind
from dso.errors import BadMessage, NotConnected, UnknownGroup
from dso.events import DsoChanged
from dso.models import Dso, DsoToken, SupplyLink
from dso.services import presence
from dso.services.access import sealed
from dso.services.measuring import needed_kw
from dso.services.sending import ACKNOWLEDGE, HANDSHAKE, OUR_BEAT_S, REGISTER, owe
from energy import services as energy
from energy.domain.supply import Limit
from energy.enums import LimitKind, Phase
from energy.errors import BadLimits
from energy.models import CapacityLimit

MOST_TOLD, LONGEST_REASON = 20, 255
COMPLIANCE_ERROR = "group_capacity_compliance_error"


@transaction.atomic
def register(*, row: DsoToken, body: Any, request_id: str, now: datetime) -> None:
    """The peer says how it wants to be spoken to. With token A it begins, and is answered with a
    token of ours; with a token that we gave it, it answers or changes what it said before.
    Raises BadMessage or UnsupportedVersion."""
    said = oscp.registration_of(body)
    dso = _held(row.dso_id)
    dso.secret, dso.base_url = sealed(dso, said.token), said.base_url
    dso.save(update_fields=["secret", "base_url"])
    if row.kind == TokenKind.INVITATION:
        owe(dso, REGISTER, now=now, correlation_id=request_id)
    owe(dso, HANDSHAKE, oscp.handshake(OUR_BEAT_S), now=now)
    events.publish(DsoChanged(dso.pk))


@transaction.atomic
def unregister(*, row: DsoToken, now: datetime) -> None:
    """The peer ends the relation. Its limits hold to their end, then its fallbacks."""
    dso = _held(row.dso_id)
    dso.tokens.all().delete()
    dso.owed.all().delete()
    Dso.objects.filter(pk=dso.pk).update(
        secret="", state=DsoState.NEW, heartbeat_s=None, next_heartbeat_at=None, away_at=None
    )
    for link in dso.links.select_related("source"):
        energy.set_fallback(source=link.source, origin=dso.name, on=True, now=now)
    events.publish(DsoChanged(dso.pk))


@transaction.atomic
def shake_hands(*, dso_id: int, body: Any, is_answer: bool, now: datetime) -> None:
    """What the peer wants of us, asked for or in answer to our own handshake. Raises
    BadMessage or NotConnected."""
    wanted = oscp.behaviour_of(body)
    dso = _held(dso_id)
    if not dso.secret:
        raise NotConnected("Register first.")
    dso.heartbeat_s, dso.measures = wanted.heartbeat_s, list(wanted.measures)
    dso.next_heartbeat_at = now if wanted.heartbeat_s else None
    dso.next_measurement_at = now if wanted.measures else None
    dso.away_at = dso.away_at and max(dso.away_at, now + _patience())
    presence.present(dso, now)
    if not is_answer:
        owe(dso, ACKNOWLEDGE, oscp.handshake(OUR_BEAT_S), now=now)


@transaction.atomic
def take_heartbeat(*, dso_id: int, body: Any, now: datetime) -> None:
    """The peer is there, and until when it counts as such. One that was away is asked for a new
    handshake, which ends what held in its absence (§2.6.4). Raises BadMessage."""
    dso = _held(dso_id)
    dso.away_at = oscp.offline_at(body, now=now, beat_s=OUR_BEAT_S)
    dso.last_heard_at = now
    dso.save(update_fields=["away_at", "last_heard_at"])
    if dso.state == DsoState.AWAY and not dso.owed.filter(action=HANDSHAKE).exists():
        owe(dso, HANDSHAKE, oscp.handshake(OUR_BEAT_S), now=now)
    events.publish(DsoChanged(dso.pk))


@transaction.atomic
def take_forecast(*, dso_id: int, body: Any, request_id: str, now: datetime) -> None:
    """Limits of one of the peer's groups, in place of those of the same kind and time. Where
    they leave less than running sessions need at the least, the peer is told so. Raises
    BadMessage or UnknownGroup; then what was said before still holds."""
    said = oscp.forecast_of(body, now=now)
    dso = _held(dso_id)
    link = dso.links.select_related("source").filter(group=said.group_id).first()
    if link is None:
        raise UnknownGroup
    reference = oscp.WIRE_KINDS[said.kind]
    limits = overlaid(_standing(link, reference, now), said.limits)
    try:
        doubts = energy.take_limits(
            source=link.source, origin=dso.name, reference=reference, limits=limits, now=now
        )
    except BadLimits as refusal:
        raise BadMessage(refusal.text) from refusal
    dso.last_heard_at, dso.notices, dso.refused = now, doubts[:MOST_TOLD], []
    if dso.alarm == Alarm.REFUSED:
        presence.set_alarm(dso, "", now)
    dso.save(update_fields=["last_heard_at", "notices", "refused", "alarm", "alarm_since"])
    _answer_if_too_little(dso, link, said.limits, request_id, now)
    events.publish(DsoChanged(dso.pk))


@transaction.atomic
def refuse(*, dso_id: int, reason: str, now: datetime) -> None:
    """Somebody should look at what the peer said."""
    dso = _held(dso_id)
    dso.refused, dso.last_heard_at = [reason[:LONGEST_REASON]], now
    if not dso.alarm:
        presence.set_alarm(dso, Alarm.REFUSED, now)
    dso.save(update_fields=["refused", "last_heard_at", "alarm", "alarm_since"])
    events.publish(DsoChanged(dso.pk))


def _answer_if_too_little(
    dso: Dso, link: SupplyLink, limits: tuple[Limit, ...], request_id: str, now: datetime
) -> None:
    need = needed_kw(link.source, now)
    short = oscp.not_met([replace(one, starts_at=max(one.starts_at, now)) for one in limits], need)
    if short:
        message = f"Running sessions need at least {need:.1f} kW."
        body = oscp.compliance_error(message, short)
        owe(dso, COMPLIANCE_ERROR, body, now=now, correlation_id=request_id)


def _standing(link: SupplyLink, reference: str, now: datetime) -> list[Limit]:
    rows = CapacityLimit.objects.filter(
        source=link.source, origin=link.dso.name, reference=reference
    ).exclude(ends_at__lte=now)
    return [
        Limit(
            row.kw, row.starts_at, row.ends_at, LimitKind(row.kind), Phase(row.phase), row.binding
        )
        for row in rows
    ]


def _held(dso_id: int) -> Dso:
    """One message of a peer at a time."""
    return Dso.objects.select_for_update(no_key=True).get(pk=dso_id)


def _patience() -> timedelta:
    return timedelta(seconds=OUR_BEAT_S * oscp.LIVES_ON)
