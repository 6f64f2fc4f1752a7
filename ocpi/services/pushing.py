"""Paying what is owed: one pusher per partner, wherever it runs.

A lease on the partner's row keeps order per object and lets a dead partner delay nobody: each
partner has a thread of its own. While its circuit is open nothing is sent; when its wait is over
one request is, and only if that one gets through does the rest follow.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone

from booking.selectors import cdr_before
from cpms.kernel import events
from ocpi import client, ports
from ocpi.client import EgressFailed, EgressRefused, NoAccess, Reply
from ocpi.domain.replies import Verdict, verdict_on
from ocpi.domain.retrying import retry_after
from ocpi.domain.urls import joined
from ocpi.enums import Module
from ocpi.events import PartnerChanged
from ocpi.models import OwedPush, Partner
from ocpi.ports import Plan, Sending
from ocpi.selectors import PartyKey, is_hub, parties_of, unreachable_at
from ocpi.services.access import ask_partner
from ocpi.services.leases import Lease, LeaseLost, partners_due
from ocpi.services.pulling import ask_for_pull

Json = dict[str, Any]

log = logging.getLogger(__name__)

BULK = (Module.LOCATIONS, Module.TARIFFS, Module.BOOKING_LOCATIONS)
THREAD = "ocpi-push-"
TURN = timedelta(seconds=1)
AWAY = timedelta(minutes=10)  # at once when the hub says that it is back
NEVER_SENT = {"posted": False}


class Outcome(Enum):
    """How one push ended."""

    DELIVERED = auto()
    REFUSED = auto()  # the partner answers, and does not take this object
    FAILED = auto()  # the partner answers, but not as it should
    AWAY = auto()  # the hub says that it does not reach whom this is for
    UNREACHABLE = auto()  # the partner does not answer, or does not know us
    UNSAYABLE = auto()  # a fault of ours: nothing was sent


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one push ended, and what there is to say of it."""

    outcome: Outcome
    note: str = ""
    knows: Json | None = None  # what the partner has now, once it was delivered


_closing = threading.Event()


def start_pushes(*, now: datetime) -> int:
    """Start a thread for each partner that has something due, with its lease. Returns how many.
    A thread that dies with its process leaves a lease that runs out, and nothing lost."""
    if _closing.is_set():
        return 0
    due = partners_due(now).values_list("pk", flat=True)
    leases = [lease for partner_id in due if (lease := Lease.take(partner_id, now))]
    for lease in leases:
        name = f"{THREAD}{lease.partner_id}"
        threading.Thread(target=_run, args=[lease], name=name, daemon=True).start()
    return len(leases)


def end_pushes(*, within_s: float) -> None:
    """Let each thread end after the request that it is at, so that no lease outlives this
    process; not longer than this."""
    _closing.set()
    until = monotonic() + within_s
    for thread in threading.enumerate():
        if thread.name.startswith(THREAD):
            thread.join(max(until - monotonic(), 0.0))


def _run(lease: Lease) -> None:
    held: Lease | None = lease
    try:
        while held is not None:
            _work_off(held, timezone.now)
            if _closing.is_set():
                return
            held = Lease.take(lease.partner_id, timezone.now())  # what came as we were leaving
    except Exception:  # a thread has nobody above it; what is owed stays so, and is due again
        log.exception("pushing failed")
    finally:
        connection.close()


def push_partner(*, partner_id: int, clock: Callable[[], datetime] = timezone.now) -> int | None:
    """Push what is due to a partner until nothing is, or its circuit opens. Returns how many
    were delivered; None when somebody else is at it, or it may not be tried now."""
    lease = Lease.take(partner_id, clock())
    return None if lease is None else _work_off(lease, clock)


def _work_off(lease: Lease, clock: Callable[[], datetime]) -> int:
    delivered = 0
    try:
        while not _closing.is_set():
            owed = _next_due(lease, clock())
            if owed is None:
                break
            lease.keep(clock())
            if owed.module == Module.CDRS and _waits_its_turn(owed, clock()):
                continue
            attempt = _push(owed.partner, owed, lease, clock)
            delivered += attempt.outcome is Outcome.DELIVERED
            if not _note(owed.partner, owed, attempt, clock()):
                break
    except LeaseLost:
        log.warning("lease lost", extra={"partner_id": lease.partner_id})
    finally:
        lease.give_back()
    return delivered


def _next_due(lease: Lease, now: datetime) -> OwedPush | None:
    """What drivers wait for goes before what describes places: a partner that is told of
    thousands of these still hears of a session at once."""
    is_bulk = Case(When(module__in=BULK, then=1), default=0)
    return lease.due(now).order_by(is_bulk, "due_at", "pk").first()


def _waits_its_turn(owed: OwedPush, now: datetime) -> bool:
    """Whether a CDR must not be sent now: a credit follows what it credits, and what replaces it
    follows the credit. Where the partner refused the first, there is nothing to credit."""
    before = cdr_before(UUID(owed.object_id))
    others = OwedPush.objects.filter(partner=owed.partner_id, module=Module.CDRS)
    first = others.filter(object_id=str(before), delivered__isnull=True).first() if before else None
    if first is None:
        return False
    if first.refused:
        others.filter(pk__in=[first.pk, owed.pk]).update(delivered=NEVER_SENT, due_at=None)
    else:
        others.filter(pk=owed.pk).update(due_at=now + TURN)
    return True


def _push(partner: Partner, owed: OwedPush, lease: Lease, clock: Callable[[], datetime]) -> Attempt:
    """Make the partner know the object as it is now. Raises LeaseLost."""
    try:
        plan = _plan(partner, owed, clock())
    except Exception:  # one object that we cannot say is no reason to withhold the others
        log.exception("object cannot be told", extra={"object": str(owed)})
        return Attempt(Outcome.UNSAYABLE)
    gone = unreachable_at(partner) if is_hub(partner) else set()
    for sending in plan.sendings:
        if _owner(sending) in gone:
            return Attempt(Outcome.AWAY)
        lease.keep(clock())
        attempt = _sent(partner, owed, plan, sending)
        if attempt.outcome is not Outcome.DELIVERED:
            return attempt
    return Attempt(Outcome.DELIVERED, knows=plan.delivered)


def _plan(partner: Partner, owed: OwedPush, now: datetime) -> Plan:
    edition = ports.edition(partner.version)
    return edition.plan(owed.module, owed.object_id, owed.delivered, now, parties_of(partner))


def _sent(partner: Partner, owed: OwedPush, plan: Plan, sending: Sending) -> Attempt:
    try:
        reply = _request(partner, owed, plan, sending)
        verdict = verdict_on(sending.method, reply.http, reply.code, reply.message)
        if verdict is Verdict.LACKING and plan.whole:
            reply = _request(partner, owed, plan, plan.whole)
            verdict = verdict_on(plan.whole.method, reply.http, reply.code, reply.message)
    except (EgressRefused, EgressFailed, NoAccess) as failure:
        return Attempt(Outcome.UNREACHABLE, failure.text)
    return Attempt(OUTCOMES[verdict], reply.summary)


OUTCOMES = {
    Verdict.TAKEN: Outcome.DELIVERED,
    Verdict.LACKING: Outcome.REFUSED,
    Verdict.REFUSED: Outcome.REFUSED,
    Verdict.TROUBLE: Outcome.FAILED,
    Verdict.LOCKED_OUT: Outcome.UNREACHABLE,
}


def _request(partner: Partner, owed: OwedPush, plan: Plan, sending: Sending) -> Reply:
    """One request."""
    endpoint = partner.takes_at(owed.module) or ""
    first = next(((row.country_code, row.party_id) for row in partner.parties.all()), None)
    party = _owner(sending) or first
    return ask_partner(
        partner,
        sending.method,
        joined(endpoint, *sending.path),
        body=sending.body,
        routing=client.routing_headers(plan.sender, party) if plan.sender else None,
        total_s=float(partner.answer_within_s),
    )


def _owner(sending: Sending) -> PartyKey | None:
    """Whose token a session or CDR is of: whom it is for, where a partner speaks for several."""
    token = (sending.body or {}).get("cdr_token")
    return (token["country_code"].upper(), token["party_id"].upper()) if token else None


@transaction.atomic
def _note(partner: Partner, owed: OwedPush, attempt: Attempt, now: datetime) -> bool:
    """Write down how a push ended: first of the partner, then of the object, as a handshake
    locks them. Returns whether to go on with this partner."""
    row = Partner.objects.filter(pk=partner.pk)
    if attempt.outcome is not Outcome.DELIVERED or partner.failures:
        events.publish(PartnerChanged(partner.pk))
    if attempt.outcome is Outcome.DELIVERED:
        row.update(failures=0, retry_at=None, last_error="", last_success_at=now)
        _remember(owed, attempt, now)
        if partner.failures:  # it was away: what it told meanwhile may not have reached us
            ask_for_pull(partner=partner, now=now)
        return True
    if attempt.outcome is Outcome.AWAY:
        OwedPush.objects.filter(pk=owed.pk, revision=owed.revision).update(due_at=now + AWAY)
        return True
    note, later = attempt.note[:255], now + retry_after(owed.attempts + 1)
    if attempt.outcome is Outcome.UNSAYABLE:
        _postpone(owed, attempt, note, later)
        return True
    if attempt.outcome is Outcome.REFUSED:
        row.update(failures=0, retry_at=None, last_error=note, last_failure_at=now)
        _postpone(owed, attempt, note, later)
        return True
    failures, retry_at = partner.failures + 1, _opened(partner, attempt, now)
    row.update(failures=failures, retry_at=retry_at, last_error=note, last_failure_at=now)
    _postpone(owed, attempt, note, retry_at or later)
    log.warning("push failed", extra={"partner": partner.name, "reason": note})
    return retry_at is None


def _remember(owed: OwedPush, attempt: Attempt, now: datetime) -> None:
    """The partner has it. If it changed meanwhile it stays owed."""
    is_newest = Q(revision=owed.revision)
    OwedPush.objects.filter(pk=owed.pk).update(
        delivered=attempt.knows,
        delivered_at=now,
        attempts=0,
        refused="",
        due_at=Case(When(is_newest, then=None), default=F("due_at")),
        owed_since=Case(When(is_newest, then=None), default=F("owed_since")),
    )


def _opened(partner: Partner, attempt: Attempt, now: datetime) -> datetime | None:
    """Until when the circuit is open after one more failure; None: it stays closed. It opens
    where nothing gets through, when the one request that was to try it fails, and after too many
    failures in a row."""
    failures, was_tried = partner.failures + 1, partner.retry_at is not None
    policy = partner.policy
    if attempt.outcome is Outcome.FAILED and not was_tried and failures < policy.opens_after:
        return None
    return now + policy.wait(failures, random.random())  # noqa: S311 -- spreads waits, no secret


def _postpone(owed: OwedPush, attempt: Attempt, note: str, later: datetime) -> None:
    """Owe it again later; a CDR that was refused waits for a person."""
    row = OwedPush.objects.filter(pk=owed.pk, revision=owed.revision)
    if attempt.outcome is Outcome.REFUSED and owed.module == Module.CDRS:
        row.update(due_at=None, refused=note, attempts=F("attempts") + 1)
        log.error("CDR refused", extra={"cdr_id": owed.object_id, "reason": note})
        return
    row.update(due_at=later, attempts=F("attempts") + 1)
