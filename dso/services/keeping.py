"""DSOs as the operator keeps them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from cpms.egress import EgressFailed, EgressRefused
from cpms.kernel import events
from dso.domain import oscp
from dso.enums import DsoState, Protocol, TokenKind
from dso.errors import (
    BadMessage,
    DsoExists,
    NoAccess,
    NotConnected,
    PeerFailed,
    SourceLinked,
    WrongProtocol,
)
from dso.events import DsoChanged
from dso.models import Dso, SupplyLink
from dso.services import vtn
from dso.services.access import give_token, sealed
from dso.services.sending import HANDSHAKE, OUR_BEAT_S, REGISTER, our_url, owe
from energy import services as energy
from energy.domain.supply import Limit, check_limits
from energy.models import CapacityLimit, PriceList, SupplySource

ADJUST = "adjust_group_capacity_forecast"
INVITATION_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the operator hands to an OSCP peer that shall register with us; shown once."""

    dso: Dso
    token_a: str
    base_url: str
    expires_at: datetime


@transaction.atomic
def add_vtn(*, fields: Mapping[str, Any], secret: str, now: datetime) -> Dso:
    """A VTN to be read from now on: name, base_url, version, client_id, and perhaps scope,
    token_url, ven_name, poll_every_s. Raises DsoExists."""
    dso = _created(protocol=Protocol.OPENADR3, next_poll_at=now, created_at=now, **fields)
    _keep_secret(dso, secret)
    return dso


@transaction.atomic
def add_peer(*, name: str, base_url: str, token_a: str, now: datetime) -> Dso:
    """An OSCP peer that gave us token A and where it is: we register with it. Raises
    DsoExists."""
    dso = _created(name=name, protocol=Protocol.OSCP2, base_url=base_url, created_at=now)
    _keep_secret(dso, token_a)
    owe(dso, REGISTER, now=now)
    return dso


@transaction.atomic
def invite_peer(*, name: str, now: datetime) -> Invitation:
    """An OSCP peer that shall register with us. One that never did, or left, is invited anew.
    Raises DsoExists."""
    dso = Dso.objects.select_for_update().filter(name=name).first()
    if dso is None:
        dso = _created(name=name, protocol=Protocol.OSCP2, created_at=now)
    elif dso.state != DsoState.NEW or dso.is_openadr:
        raise DsoExists
    token = give_token(dso, TokenKind.INVITATION, now, lasts=INVITATION_LASTS)
    events.publish(DsoChanged(dso.pk))
    return Invitation(dso, token, our_url(), now + INVITATION_LASTS)


@transaction.atomic
def shake_hands(*, dso: Dso, now: datetime) -> None:
    """Ask an OSCP peer for a new handshake; one that never answered to our registration is
    registered with again. Raises WrongProtocol or NotConnected."""
    if dso.is_openadr:
        raise WrongProtocol
    if not dso.secret:
        raise NotConnected
    if dso.state == DsoState.NEW:
        owe(dso, REGISTER, now=now)
    else:
        owe(dso, HANDSHAKE, oscp.handshake(OUR_BEAT_S), now=now)


@transaction.atomic
def ask_capacity(*, link: SupplyLink, limit: Limit, now: datetime) -> None:
    """Ask an OSCP peer for more, or offer it less, of a group's capacity; it answers with a
    forecast, or not (AdjustGroupCapacityForecast). Raises WrongProtocol, NotConnected or
    BadMessage."""
    if link.dso.is_openadr:
        raise WrongProtocol
    if link.dso.state != DsoState.CONNECTED or not link.group:
        raise NotConnected
    faults = check_limits([limit], now).faults
    if faults:
        raise BadMessage("; ".join(faults))
    owe(link.dso, ADJUST, oscp.forecast(link.group, limit.kind, [limit]), now=now)


@transaction.atomic
def link(
    *,
    dso: Dso,
    source: SupplySource,
    group: str = "",
    program: str = "",
    price_list: PriceList | None = None,
    now: datetime,
) -> SupplyLink:
    """Let a DSO speak for a source. Raises SourceLinked."""
    try:
        with transaction.atomic():
            made = SupplyLink.objects.create(
                dso=dso, source=source, group=group, program=program, price_list=price_list
            )
    except IntegrityError as refusal:
        raise SourceLinked from refusal
    if dso.is_openadr:
        Dso.objects.filter(pk=dso.pk).update(next_poll_at=now)
    events.publish(DsoChanged(dso.pk))
    return made


@transaction.atomic
def unlink(*, dso: Dso, link_id: int, now: datetime) -> None:
    """A DSO speaks for a source no longer: what it said ends."""
    found = dso.links.select_related("source").filter(pk=link_id).first()
    if found is not None:
        _silence(dso, found.source, now)
        found.delete()
        events.publish(DsoChanged(dso.pk))


@transaction.atomic
def suspend(*, dso: Dso, on: bool, now: datetime) -> None:
    """Neither let it in nor ask it anything; its last limits hold. Off: go on."""
    held = Dso.objects.select_for_update().get(pk=dso.pk)
    if on:
        held.state = DsoState.SUSPENDED
    elif held.state == DsoState.SUSPENDED:
        held.state = DsoState.AWAY if held.connected_at else DsoState.NEW
        held.next_poll_at = now if held.is_openadr else None
        if not held.is_openadr and held.connected_at:
            owe(held, HANDSHAKE, oscp.handshake(OUR_BEAT_S), now=now)
    held.save(update_fields=["state", "next_poll_at"])
    events.publish(DsoChanged(dso.pk))


def remove(*, dso: Dso, now: datetime) -> None:
    """Forget a DSO: what it said ends. A VTN is told to notify us no more."""
    if dso.subscription_id:
        with suppress(EgressRefused, EgressFailed, PeerFailed, NoAccess):
            vtn.remove(dso, f"subscriptions/{dso.subscription_id}")
    with transaction.atomic():
        for one in dso.links.select_related("source"):
            _silence(dso, one.source, now)
        dso.delete()


def _silence(dso: Dso, source: SupplySource, now: datetime) -> None:
    said = CapacityLimit.objects.filter(source=source, origin=dso.name)
    for reference in said.values_list("reference", flat=True).order_by("reference").distinct():
        energy.drop_limits(source=source, origin=dso.name, reference=reference, now=now)
    energy.set_fallback(source=source, origin=dso.name, on=False, now=now)


def _created(**fields: Any) -> Dso:
    try:
        with transaction.atomic():
            return Dso.objects.create(**fields)
    except IntegrityError as refusal:
        raise DsoExists from refusal


def _keep_secret(dso: Dso, secret: str) -> None:
    dso.secret = sealed(dso, secret)
    dso.save(update_fields=["secret"])
