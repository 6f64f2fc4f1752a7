"""Asking again whose a running session is: its start was stored, and its issuer did not answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connection

from booking.domain.asking import best_of, is_due_again
from booking.domain.facts import IssuerAnswer
from booking.enums import SessionStatus
from booking.models import ChargingSession
from booking.ports import Inquiry
from booking.services.issuers import settle_question, weigh_session

MOST_AT_ONCE = 100


def ask_again(*, now: datetime) -> int:
    """Sweep: ask about running sessions of tokens that nobody is known to have issued, less and
    less often. One that is over keeps the bill that it has. Returns how many have an owner now."""
    running = ChargingSession.objects.filter(status=SessionStatus.ACTIVE, token=None)
    rows = running.exclude(evse__station=None).values_list("pk", "evse__station", "created_at")
    due = [
        (pk, station_id)
        for pk, station_id, created_at in rows.order_by("-created_at")
        if is_due_again(now - created_at)
    ]
    found = 0
    for pk, station_id in due[:MOST_AT_ONCE]:
        question = weigh_session(session_id=pk, station_id=station_id, now=now)
        answer = _asked(question.inquiries)
        if answer is not None and answer.token is not None:
            settle_question(question=question, answer=answer, now=now)
            found += 1
    return found


def _asked(inquiries: Sequence[Inquiry]) -> IssuerAnswer | None:
    """All at once; the database's connection is not kept meanwhile."""
    if not inquiries:
        return None
    if not connection.in_atomic_block:
        connection.close()
    with ThreadPoolExecutor(len(inquiries), thread_name_prefix="ask-again") as askers:
        return best_of(askers.map(lambda inquiry: inquiry(), inquiries))
