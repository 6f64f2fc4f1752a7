"""Telling partners what became of their commands, within the time that they wait for it."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from booking.enums import OPEN_RESERVATION, CanceledBy
from energy.services import plan_in
from ocpi import client
from ocpi.client import EgressFailed, EgressRefused, NoAccess
from ocpi.domain.lines import Lines
from ocpi.domain.profiles import active_profile
from ocpi.domain.replies import Verdict, verdict_on
from ocpi.domain.results import profile_result_of, result_of
from ocpi.domain.retrying import retry_after
from ocpi.domain.urls import hosts_of
from ocpi.enums import CommandKind, CommandResult, PartnerState, ProfileKind, ProfileResult
from ocpi.models import PartnerCommand
from ocpi.services.access import accesses_to, without_token

Json = dict[str, Any]

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)  # longer than one request can take
WORTH_TELLING = timedelta(hours=1)  # that a driver need not come
KEPT = timedelta(days=90)
MOST_AT_ONCE = 100
THREADS = 64  # partners that hang take eight each, until they count as dead

_lines = Lines()
_tellers = ThreadPoolExecutor(THREADS, thread_name_prefix="ocpi-result")


def start_results(*, now: datetime) -> int:
    """Tell what is known, in threads: a slow partner delays nobody. Returns how many were
    begun. A thread that dies with its process leaves a lease that runs out."""
    owe_cancellations(now=now)
    taken = _take(now)
    for pk in taken:
        _tellers.submit(_tell_safely, pk)
    return len(taken)


def tell_results(*, clock: Callable[[], datetime] = timezone.now) -> int:
    """The same, one after the other. Returns how many partners took."""
    owe_cancellations(now=clock())
    return sum(_tell(pk, clock) for pk in _take(clock()))


@transaction.atomic
def owe_cancellations(*, now: datetime) -> int:
    """Owe the news that we cancelled a reservation to where RESERVE_NOW's result went (§13.2.2).
    Of the others that are over there is nothing more to tell. Returns how many."""
    over = (
        PartnerCommand.objects.filter(reservation__isnull=False)
        .exclude(reservation__status__in=OPEN_RESERVATION)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("reservation")
        .order_by("pk")[:MOST_AT_ONCE]
    )
    ended = list(over)
    canceled = [command for command in ended if _is_canceled_by_us(command)]
    PartnerCommand.objects.filter(pk__in=[command.pk for command in ended]).update(reservation=None)
    PartnerCommand.objects.bulk_create(
        PartnerCommand(
            partner_id=command.partner_id,
            kind=command.kind,
            response_url=command.response_url,
            sender_country_code=command.sender_country_code,
            sender_party_id=command.sender_party_id,
            for_country_code=command.for_country_code,
            for_party_id=command.for_party_id,
            correlation_id=command.correlation_id,
            result=CommandResult.CANCELED_RESERVATION,
            created_at=now,
            answer_by=now + WORTH_TELLING,
            due_at=now,
        )
        for command in canceled
    )
    return len(canceled)


def forget_commands(*, now: datetime) -> int:
    """Drop commands of long ago of which nothing is owed. Returns how many."""
    deleted, _ = PartnerCommand.objects.filter(
        created_at__lt=now - KEPT, due_at=None, reservation=None
    ).delete()
    return deleted


def _is_canceled_by_us(command: PartnerCommand) -> bool:
    found = command.reservation
    return found is not None and found.canceled_by == CanceledBy.CPO


@transaction.atomic
def _take(now: datetime) -> list[UUID]:
    """Lease the commands whose result is known, wanted and not told yet."""
    owed = PartnerCommand.objects.filter(due_at__isnull=False)
    owed.filter(answer_by__lte=now).update(due_at=None)
    known = ~Q(result="") | Q(station_command__settled_at__isnull=False)
    due = owed.filter(known, due_at__lte=now, partner__state=PartnerState.CONNECTED)
    locked = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")
    taken = list(locked.values_list("pk", flat=True)[:MOST_AT_ONCE])
    PartnerCommand.objects.filter(pk__in=taken).update(
        due_at=now + LEASE, attempts=F("attempts") + 1
    )
    return taken


def _tell_safely(pk: UUID) -> None:
    try:
        _tell(pk, timezone.now)
    except Exception:  # a thread has nobody above it; the result is due again when its lease ends
        log.exception("telling a result failed", extra={"command_id": str(pk)})
    finally:
        connection.close()


def _tell(pk: UUID, clock: Callable[[], datetime]) -> bool:
    """POST one result. Returns whether the partner took it; what it did not is due again."""
    command = PartnerCommand.objects.select_related(
        "partner", "station_command__station__connection", "session__evse"
    ).get(pk=pk)
    body = _body(command)
    row = PartnerCommand.objects.filter(pk=pk, told_at=None)
    fault = _fault(command, body)
    now = clock()
    if fault is None:
        row.update(due_at=None, told_at=now, last_error="", result=body["result"])
        return True
    row.filter(due_at__isnull=False).update(
        due_at=now + retry_after(command.attempts), last_error=fault[:255]
    )
    log.warning("result not taken", extra={"partner": command.partner.name, "reason": fault})
    return False


def _body(command: PartnerCommand) -> Json:
    """CommandResult (§13.3.3), ChargingProfileResult or its like (§14.3)."""
    asked = command.station_command
    if command.result or asked is None:
        return {"result": command.result}
    if command.kind in CommandKind.values:
        return {"result": result_of(command.kind, asked.status, asked.response, asked.error)}
    result = profile_result_of(asked.status, asked.response)
    if command.kind != ProfileKind.ACTIVE_PROFILE or result != ProfileResult.ACCEPTED:
        return {"result": result}
    plan = plan_in(asked, command.session) if command.session else None
    if plan is None:
        return {"result": ProfileResult.REJECTED}
    return {"result": result, "profile": active_profile(plan)}


def _fault(command: PartnerCommand, body: Json) -> str | None:
    """Send the result; why it was not taken, if it was not. Our token goes to the partner's own
    hosts alone: anybody may be named in a URL."""
    partner = command.partner
    if not _lines.begin(partner.pk):
        return "The partner is busy, or has not answered lately."
    first = next(((row.country_code, row.party_id) for row in partner.parties.all()), None)
    via_hub = (command.for_country_code, command.for_party_id)
    party = via_hub if any(via_hub) else first
    sender = (command.sender_country_code, command.sender_party_id)
    is_theirs = hosts_of([command.response_url]) <= partner.hosts
    accesses = accesses_to(partner) if is_theirs else (without_token(partner),)
    was_answered = False
    if not connection.in_atomic_block:
        connection.close()  # the pool's, while we wait for the network
    try:
        reply = client.ask_with_any(
            accesses,
            "POST",
            command.response_url,
            body=body,
            routing=client.routing_headers(sender, party),
            correlation_id=command.correlation_id or None,
            module="commands",
        )
        was_answered = True
    except (EgressRefused, EgressFailed, NoAccess) as failure:
        return failure.text
    finally:
        _lines.end(partner.pk, was_answered=was_answered)
    verdict = verdict_on("POST", reply.http, reply.code, reply.message)
    return None if verdict is Verdict.TAKEN else reply.summary
