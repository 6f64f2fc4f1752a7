"""Many single questions, few database statements: what is asked while one runs is asked next."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

from ocpp_gateway.database import Connection, connect, cut

log = logging.getLogger(__name__)

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")
MOST_AT_ONCE = 500
GATHER_S = 0.005  # a handshake can wait so long; a statement for one costs as much as for ten
ANSWER_WITHIN_S = 10.0


class DatabaseAway(Exception):
    """The database does not answer; ask again later."""


class Coalescer(Generic[Question, Answer]):
    """Answers questions in batches over one connection of its own."""

    def __init__(
        self,
        answer: Callable[[Connection, list[Question]], Awaitable[dict[Question, Answer]]],
    ) -> None:
        self._answer = answer
        self._asked: dict[Question, list[asyncio.Future[Answer | None]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    async def ask(self, question: Question) -> Answer | None:
        """The answer, or None when the database knows none. Raises DatabaseAway."""
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(question, []).append(future)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return await future

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while self._asked:
            await asyncio.sleep(GATHER_S)
            batch = dict(list(self._asked.items())[:MOST_AT_ONCE])
            for question in batch:
                del self._asked[question]
            try:
                answers = await self._answered(list(batch))
            except Exception as fault:  # noqa: BLE001 -- nobody may be left waiting
                await self._fail(batch, fault)
                continue
            for question, futures in batch.items():
                for future in futures:
                    if not future.done():
                        future.set_result(answers.get(question))

    async def _answered(self, questions: list[Question]) -> dict[Question, Answer]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(autocommit=True)
        loop = asyncio.get_running_loop()
        watch = loop.call_later(ANSWER_WITHIN_S, cut, self._connection)
        try:
            return await self._answer(self._connection, questions)
        finally:
            watch.cancel()

    async def _fail(self, batch: dict[Any, list[asyncio.Future[Any]]], fault: Exception) -> None:
        log.warning("look-up failed", extra={"fault": str(fault)})
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        for futures in batch.values():
            for future in futures:
                if not future.done():
                    future.set_exception(DatabaseAway())
