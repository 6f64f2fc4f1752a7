"""What we owe to OSCP peers and VTNs, sent in order and until it is taken; and heartbeats, which
are owed by the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cpms.egress import Answer, EgressFailed, EgressRefused
from cpms.kernel import events
from cpms.kernel.errors import DomainError
from dso import client
from dso.client import LOCKED_OUT, OK, Ask
from dso.domain import oscp
from dso.enums import DsoState, Protocol, TokenKind
from dso.errors import NoAccess, PeerFailed
from dso.events import DsoChanged
from dso.models import Dso, OwedMessage
from dso.services import presence, vtn
from dso.services.access import give_token, secret_of

REGISTER, HANDSHAKE, ACKNOWLEDGE, HEARTBEAT = (
    "register", "handshake", "handshake_acknowledge", "heartbeat",
)  # fmt: skip
OTHER_NAME = {ACKNOWLEDGE: "handshake_acknowledgment"}  # what some peers call it
REPORTS = "reports"
OUR_BEAT_S = 60  # how often we want to hear of them
LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=1)
EXPIRES = timedelta(hours=6)
MOST_IN_A_ROW = 50
WORTH_A_RETRY = frozenset({401, 403, 404, 408, 425, 429})


def our_url() -> str:
    """Where OSCP peers reach us."""
    return f"{settings.PUBLIC_URL}/oscp/fp/2.0"


def owe(
    dso: Dso, action: str, body: Any = None, *, now: datetime, correlation_id: str = ""
) -> None:
    """Send this soon, in place of an older one of a handshake. In the transaction of what makes
    it due."""
    if action in (REGISTER, HANDSHAKE, ACKNOWLEDGE):
        dso.owed.filter(action=action).delete()
    OwedMessage.objects.create(
        dso=dso, action=action, body=body, correlation_id=correlation_id, due_at=now, created_at=now
    )


def due_to_send(*, now: datetime) -> list[int]:
    """The DSOs that something is owed to now."""
    owed = Dso.objects.filter(owed__due_at__lte=now).exclude(state=DsoState.SUSPENDED)
    free = owed.filter(Q(sending_until=None) | Q(sending_until__lte=now))
    return list(free.values_list("pk", flat=True).distinct())


def send_owed(*, dso_id: int) -> int:
    """Send what is due, oldest first, until one is not taken; returns how many were. One sender
    at a time for each DSO."""
    with _lease(dso_id) as is_ours:
        if not is_ours:
            return 0
        for count in range(MOST_IN_A_ROW):
            if not _send_next(dso_id):
                return count
        return MOST_IN_A_ROW


@contextmanager
def _lease(dso_id: int) -> Iterator[bool]:
    now = timezone.now()
    free = Dso.objects.filter(Q(sending_until=None) | Q(sending_until__lte=now), pk=dso_id)
    if not free.update(sending_until=now + LEASE):
        yield False
        return
    try:
        yield True
    finally:
        Dso.objects.filter(pk=dso_id).update(sending_until=None)


def _send_next(dso_id: int) -> bool:
    now = timezone.now()
    OwedMessage.objects.filter(dso=dso_id, created_at__lt=now - EXPIRES).delete()
    owed = OwedMessage.objects.select_related("dso").filter(dso=dso_id).first()
    if owed is None or owed.due_at > now or owed.dso.state == DsoState.SUSPENDED:
        return False
    try:
        answer = _sent(owed, now)
        if _is_refused(answer):
            return _drop(owed, answer)
        client.taken(answer, owed.action)
    except (EgressRefused, EgressFailed, PeerFailed, NoAccess) as failure:
        wait = min(FIRST_WAIT * 2 ** min(owed.attempts, 10), LONGEST_WAIT)
        OwedMessage.objects.filter(pk=owed.pk).update(
            attempts=owed.attempts + 1, due_at=timezone.now() + wait
        )
        presence.failed(dso=owed.dso, reason=failure.text, now=timezone.now())
        return False
    with transaction.atomic():
        owed.delete()
        _settle(owed.dso_id, owed.action, timezone.now())
    return True


def _is_refused(answer: Answer) -> bool:
    """For good: the same would be refused again."""
    return answer.status in range(400, 500) and answer.status not in WORTH_A_RETRY


def _drop(owed: OwedMessage, answer: Answer) -> bool:
    owed.delete()
    reason = f"{owed.action} was refused with HTTP {answer.status}."
    presence.failed(dso=owed.dso, reason=reason, now=timezone.now())
    return True


def _sent(owed: OwedMessage, now: datetime) -> Answer:
    if owed.action == REPORTS:
        return vtn.post(owed.dso, REPORTS, owed.body or {})
    body: Any = owed.body
    secrets: tuple[str, ...] = ()
    if owed.action == REGISTER:
        body, secrets = _registration(owed.dso, now)
    answer = _post(owed.dso, owed.action, body, owed.correlation_id, secrets)
    other = OTHER_NAME.get(owed.action)
    if answer.status == 404 and other:  # noqa: PLR2004
        return _post(owed.dso, other, body, owed.correlation_id)
    return answer


def _registration(dso: Dso, now: datetime) -> tuple[Any, tuple[str, ...]]:
    """With a fresh token, which opens before it is sent: some call back while they answer."""
    with transaction.atomic():
        token = give_token(dso, TokenKind.ACCESS, now)
    return oscp.registration(token, our_url()), (token,)


def _post(
    dso: Dso, action: str, body: Any, correlation_id: str = "", secrets: tuple[str, ...] = ()
) -> Answer:
    token = secret_of(dso, dso.secret)
    headers = {"X-Correlation-ID": correlation_id} if correlation_id else {}
    url = f"{dso.base_url.rstrip('/')}/{action}"
    ask = Ask("POST", url, action, f"Token {token}", body, headers=headers, secrets=secrets)
    return client.send(dso, ask)


def _settle(dso_id: int, action: str, now: datetime) -> None:
    """A peer that takes our handshake, or our answer to its own, is there."""
    dso = Dso.objects.select_for_update(no_key=True).filter(pk=dso_id).first()
    if dso is None:
        return
    dso.last_error = ""
    if action == REGISTER:
        dso.tokens.filter(kind=TokenKind.INVITATION).delete()  # token A is void
    if action in (HANDSHAKE, ACKNOWLEDGE):
        presence.present(dso, now)
    else:
        dso.save(update_fields=["last_error"])
        events.publish(DsoChanged(dso_id))


def due_to_beat(*, now: datetime) -> list[int]:
    """Claim the heartbeats that are due: the next is set at once, so that nobody else sends it."""
    claimed = []
    there = Dso.objects.filter(protocol=Protocol.OSCP2, state__in=presence.THERE)
    for dso in there.filter(next_heartbeat_at__lte=now, heartbeat_s__isnull=False):
        following = now + timedelta(seconds=dso.heartbeat_s or OUR_BEAT_S)
        same = Dso.objects.filter(pk=dso.pk, next_heartbeat_at=dso.next_heartbeat_at)
        claimed += [dso.pk] if same.update(next_heartbeat_at=following) else []
    return claimed


def beat(*, dso_id: int, now: datetime) -> None:
    """Tell a peer that we are there, and until when it may count on that."""
    dso = Dso.objects.get(pk=dso_id)
    until = now + timedelta(seconds=(dso.heartbeat_s or OUR_BEAT_S) * oscp.LIVES_ON)
    try:
        answer = _post(dso, HEARTBEAT, oscp.heartbeat(until, plainly=dso.beats_plainly))
        if answer.status not in OK and answer.status not in LOCKED_OUT:
            other = not dso.beats_plainly
            answer = _post(dso, HEARTBEAT, oscp.heartbeat(until, plainly=other))
            if answer.status in OK:
                Dso.objects.filter(pk=dso_id).update(beats_plainly=other)
        client.taken(answer, HEARTBEAT)
    except DomainError as failure:
        presence.failed(dso=dso, reason=failure.text, now=now)
