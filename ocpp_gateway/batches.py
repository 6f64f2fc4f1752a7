"""Services for many stations at once: what comes while a batch runs makes the next one."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from ocpp_gateway.database import is_outage
from ocpp_gateway.threads import in_thread

Fact = TypeVar("Fact")
Answer = TypeVar("Answer")
LARGEST = 500
GATHER_S = 0.02  # a car waits for it unnoticed; the statements for one cost as much as for ten


class Batcher(Generic[Fact, Answer]):
    """Calls `service(facts=…, now=…)` in a thread; it gives an answer or a refusal per fact."""

    def __init__(self, service: Callable[..., Sequence[Any]]) -> None:
        self._service = service
        self._waiting: list[tuple[Fact, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, fact: Fact) -> Answer:
        """The service's answer to this fact, once it is committed. Raises its refusal, or the
        database's error."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((fact, future))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_S)
            batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            await self._answer(batch)

    async def _answer(self, batch: list[tuple[Fact, asyncio.Future[Answer]]]) -> None:
        """One transaction for the batch; each by itself when one of them cannot be stored, or
        two raced for the same place: one station's nonsense is not another's."""
        facts = [fact for fact, _ in batch]
        try:
            answers = await in_thread(self._service, facts=facts, now=datetime.now(UTC))
        except Exception as fault:  # noqa: BLE001 -- each asker gets it and says what it means
            if len(batch) > 1 and not is_outage(fault):
                for one in batch:
                    await self._answer([one])
                return
            answers = [fault] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            _settle(future, answer)


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
