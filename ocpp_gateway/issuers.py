"""Asking issuers about tokens, between transactions: a station waits a few seconds for it, and no
other station does."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from booking import services
from booking.domain.asking import best_of
from booking.domain.facts import Authorization, IssuerAnswer
from booking.ports import ANSWER_WITHIN_S, Inquiry
from ocpp_gateway.threads import asking, in_thread

log = logging.getLogger(__name__)


async def authorize(id_token: str, station_id: int, now: datetime) -> Authorization:
    """What a token that a station read is worth."""
    question = await in_thread(
        services.weigh_token, id_token=id_token, station_id=station_id, now=now
    )
    return await _settled(question)


async def authorize_session(session_id: UUID, station_id: int, now: datetime) -> Authorization:
    """What the token is worth that began a session which is stored already."""
    question = await in_thread(
        services.weigh_session, session_id=session_id, station_id=station_id, now=now
    )
    return await _settled(question)


async def _settled(question: services.Question) -> Authorization:
    if not question.inquiries:
        return question.fallback
    answer = await best_answer(question.inquiries)
    if answer is None:
        return question.fallback
    return await in_thread(
        services.settle_question, question=question, answer=answer, now=datetime.now(UTC)
    )


async def best_answer(inquiries: Sequence[Inquiry]) -> IssuerAnswer | None:
    """Put all questions at once. The first that accepts decides; else one whose token it is;
    else that nobody knows it. None: nobody answered in time."""
    asked = [asyncio.ensure_future(_answer(inquiry)) for inquiry in inquiries]
    answers: list[IssuerAnswer] = []
    try:
        for next_answered in asyncio.as_completed(asked, timeout=ANSWER_WITHIN_S):
            answer = await next_answered
            if answer is not None and answer.is_accepted:
                return answer
            if answer is not None:
                answers.append(answer)
    except TimeoutError:
        pass  # those that have answered count
    finally:
        for question in asked:
            question.cancel()
    return best_of(answers)


async def _answer(inquiry: Inquiry) -> IssuerAnswer | None:
    """A question that fails for a reason of ours is one that nobody answered."""
    try:
        return await asking(inquiry)
    except Exception:
        log.exception("inquiry failed")
        return None
