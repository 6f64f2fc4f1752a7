"""Finding out later whose a session is: its start was stored, and its issuer did not answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from booking.domain.asking import GIVEN_UP_AFTER, best_of, is_due_again
from booking.domain.facts import IssuerAnswer
from booking.enums import SessionStatus
from booking.models import ChargingSession, Token
from booking.ports import Inquiry
from booking.services.issuers import own_session, settle_question, weigh_session

MOST_AT_ONCE = 100


def ask_again(*, now: datetime) -> int:
    """Sweep: find the issuers of sessions that nobody is known to have issued the token of, ended
    or not. One that told us of the token since is found at once; else all are asked, less and less
    often. Returns how many sessions have an owner now."""
    rows = _of_nobody(now)
    told = [(pk, station_id) for pk, station_id, _, is_told in rows if is_told][:MOST_AT_ONCE]
    found = sum(
        own_session(session_id=pk, station_id=station_id, now=now) for pk, station_id in told
    )
    due = [
        (pk, station_id)
        for pk, station_id, created_at, is_told in rows
        if not is_told and is_due_again(now - created_at)
    ]
    for pk, station_id in due[:MOST_AT_ONCE]:
        question = weigh_session(session_id=pk, station_id=station_id, now=now)
        answer = _asked(question.inquiries)
        if answer is not None and answer.token is not None:
            settle_question(question=question, answer=answer, now=now)
            found += 1
    return found


def _of_nobody(now: datetime) -> list[tuple[UUID, int, datetime, bool]]:
    """Sessions, the newest first: key, station, when they were stored, whether an eMSP told us of
    their token since. One that ended without energy needs no owner."""
    needs_one = Q(status=SessionStatus.ACTIVE) | Q(status=SessionStatus.COMPLETED, energy_wh__gt=0)
    told = Token.objects.filter(uid__iexact=OuterRef("id_token")).exclude(party_id="")
    return list(
        ChargingSession.objects.filter(needs_one, token=None, created_at__gt=now - GIVEN_UP_AFTER)
        .exclude(evse__station=None)
        .annotate(is_told=Exists(told))
        .order_by("-created_at")
        .values_list("pk", "evse__station", "created_at", "is_told")
    )


def _asked(inquiries: Sequence[Inquiry]) -> IssuerAnswer | None:
    """All at once; the database's connection is not kept meanwhile."""
    if not inquiries:
        return None
    if not connection.in_atomic_block:
        connection.close()
    with ThreadPoolExecutor(len(inquiries), thread_name_prefix="ask-again") as askers:
        return best_of(askers.map(lambda inquiry: inquiry(), inquiries))
