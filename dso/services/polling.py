"""Reading VTNs: the events as they are now, whole, in place of what was read before.

A notification only hastens the next reading. What cannot be reached leaves everything as it was.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from cpms.egress import EgressFailed, EgressRefused
from cpms.kernel import events
from dso.client import OK, json_in, taken
from dso.domain.openadr.bodies import subscription
from dso.domain.openadr.events import Event, is_for
from dso.domain.openadr.mapping import Context, Reading, read
from dso.enums import Alarm, DsoState, Protocol, TokenKind
from dso.errors import NoAccess, NotConnected, PeerFailed, WrongProtocol
from dso.events import DsoChanged
from dso.models import Dso, SupplyLink, VtnEvent
from dso.services import presence, reporting, vtn
from dso.services.access import give_token
from dso.services.vtn import Snapshot
from energy import services as energy
from energy.errors import BadLimits, BadPrices

EVENTS = "events"  # the reference of all that events say
CHECK_SUBSCRIPTION = timedelta(hours=1)
MOST_TOLD = 20
Failure = (EgressRefused, EgressFailed, PeerFailed, NoAccess)


def due_to_read(*, now: datetime) -> list[int]:
    """Claim the VTNs that are to be read: the next time is set at once."""
    claimed = []
    vtns = Dso.objects.filter(protocol=Protocol.OPENADR3).exclude(state=DsoState.SUSPENDED)
    for dso in vtns.filter(next_poll_at__lte=now):
        following = now + timedelta(seconds=dso.poll_every_s)
        same = Dso.objects.filter(pk=dso.pk, next_poll_at=dso.next_poll_at)
        claimed += [dso.pk] if same.update(next_poll_at=following) else []
    return claimed


@transaction.atomic
def hasten(*, dso_id: int, now: datetime) -> None:
    """It says that there is news."""
    Dso.objects.filter(pk=dso_id).update(next_poll_at=now, last_heard_at=now)


def poll(*, dso_id: int) -> Reading:
    """Read a VTN now, and let what it says hold. Raises WrongProtocol, NotConnected, or what
    failed: then all that it said before still holds."""
    began, dso = timezone.now(), Dso.objects.get(pk=dso_id)
    if not dso.is_openadr:
        raise WrongProtocol("An OSCP peer tells by itself; there is nothing to read.")
    if dso.state == DsoState.SUSPENDED:
        raise NotConnected
    try:
        snapshot = vtn.read(dso)
    except Failure as failure:
        presence.failed(dso=dso, reason=failure.text, now=timezone.now())
        raise
    reading = take(dso_id=dso_id, snapshot=snapshot, read_at=began)
    _subscribe(dso_id, snapshot)
    return reading


@transaction.atomic
def take(*, dso_id: int, snapshot: Snapshot, read_at: datetime) -> Reading:
    """Let a snapshot hold that was read then, unless a newer one does already."""
    dso = Dso.objects.select_for_update(no_key=True).get(pk=dso_id)
    whole = Reading(refused=list(snapshot.faults))
    if dso.read_at and dso.read_at > read_at:
        return whole
    dso.read_at = read_at
    kept = _keep_events(dso, snapshot, read_at)
    for link in dso.links.select_related("source", "price_list"):
        reading = _take_for(link, snapshot, kept, read_at)
        whole.limits += reading.limits
        whole.prices += reading.prices
        whole.refused += [one for one in reading.refused if one not in whole.refused]
        whole.notices += [one for one in reading.notices if one not in whole.notices]
    dso.refused, dso.notices = whole.refused[:MOST_TOLD], whole.notices[:MOST_TOLD]
    presence.set_alarm(dso, Alarm.REFUSED if whole.refused else "", read_at)
    presence.present(dso, read_at)
    return whole


def _keep_events(dso: Dso, snapshot: Snapshot, now: datetime) -> list[tuple[Event, datetime]]:
    """The events with when each was first seen; those that are gone are forgotten."""
    known = {row.key: row for row in dso.events.all()}
    kept = []
    for event, raw in snapshot.events:
        row = known.pop(event.key, None)
        if row is None or row.modified != event.modified:
            row = _keep(dso, event, raw, now)
        kept.append((event, row.seen_at))
    VtnEvent.objects.filter(pk__in=[row.pk for row in known.values()]).delete()
    return kept


def _keep(dso: Dso, event: Event, raw: Any, now: datetime) -> VtnEvent:
    row, _ = VtnEvent.objects.update_or_create(
        dso=dso, key=event.key,
        defaults={"modified": event.modified, "body": raw, "seen_at": now},
    )  # fmt: skip
    reporting.begin(dso, row, event, now)
    return row


def _take_for(
    link: SupplyLink, snapshot: Snapshot, kept: list[tuple[Event, datetime]], now: datetime
) -> Reading:
    ours = [one for one in (link.group, link.source.connection_id) if one]
    programs = {pk for pk, one in snapshot.programs.items() if link.program in ("", one.name, pk)}
    meant = [
        (event, seen_at)
        for event, seen_at in kept
        if is_for(event, ours, link.dso.ven_name)
        and (event.program_id in programs or not link.program)
    ]
    currency = link.price_list.currency if link.price_list else ""
    context = Context(snapshot.programs, link.source.import_limit_kw, currency)
    reading = read(meant, context, now=now)
    _hand_over(link, reading, now)
    return reading


def _hand_over(link: SupplyLink, reading: Reading, now: datetime) -> None:
    """What energy refuses leaves what was said before."""
    origin = link.dso.name
    try:
        with transaction.atomic():
            reading.notices += energy.take_limits(
                source=link.source, origin=origin, reference=EVENTS,
                limits=reading.limits, now=now,
            )  # fmt: skip
            if link.price_list and reading.prices:
                energy.take_prices(
                    price_list=link.price_list, prices=reading.prices, origin=origin, now=now
                )
    except (BadLimits, BadPrices) as refusal:
        reading.refused.append(refusal.text)


def _subscribe(dso_id: int, snapshot: Snapshot) -> None:
    """See to it that we are told of news. A VTN that cannot is read by the clock alone."""
    now, dso = timezone.now(), Dso.objects.get(pk=dso_id)
    seen_at = dso.subscription_seen_at
    if seen_at and seen_at > now - CHECK_SUBSCRIPTION:
        return
    Dso.objects.filter(pk=dso_id).update(subscription_seen_at=now)
    try:
        if (
            dso.subscription_id
            and vtn.get(dso, f"subscriptions/{dso.subscription_id}").status in OK
        ):
            return
        found = _subscribed(dso, next(iter(snapshot.programs), ""), now)
    except Failure:
        return
    Dso.objects.filter(pk=dso_id).update(subscription_id=found)
    events.publish(DsoChanged(dso_id))


def _subscribed(dso: Dso, program_id: str, now: datetime) -> str:
    """The token opens before it is told: a VTN may try it while it answers."""
    with transaction.atomic():
        token = give_token(dso, TokenKind.WEBHOOK, now)
    body = subscription(
        dso.version, client_name=dso.ven_name or dso.name, program_id=program_id,
        url=vtn.callback_url(dso.pk), token=token,
    )  # fmt: skip
    answer = taken(vtn.post(dso, "subscriptions", body, secrets=(token,)), "subscriptions")
    made = json_in(answer, "subscriptions")
    return str(made.get("id", ""))[:128] if isinstance(made, dict) else ""
