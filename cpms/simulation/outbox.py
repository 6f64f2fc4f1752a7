"""Transaction messages on their way: kept, in order, until delivered or given up (§3.7.1)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cpms.simulation.configuration import Configuration
from cpms.simulation.link import Payload, Refused, TimedOut
from cpms.simulation.memory import Memory, Message, Transaction

GIVEN_UP = -1

Deliver = Callable[[Message, Payload], Awaitable[Payload]]
Settled = Callable[[Message, Payload | None], None]


class Outbox:
    """`deliver` sends a message under a new message id each time; `settled` hears the answer,
    or None when the message was given up. So many of the next StartTransactions as
    `starts_to_hold` says get into line after their StopTransaction only (a fault)."""

    def __init__(
        self, memory: Memory, configuration: Configuration, deliver: Deliver, settled: Settled
    ) -> None:
        self._memory, self._configuration = memory, configuration
        self._deliver, self._settled = deliver, settled
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._filled.set()
        self.starts_to_hold = 0
        self._held: dict[int, Message] = {}

    def put(self, action: str, payload: dict[str, Any], transaction: Transaction | None) -> None:
        number = transaction.number if transaction else None
        message = Message(self._memory.next_number(), action, payload, number)
        if self.starts_to_hold and action == "StartTransaction" and number is not None:
            self.starts_to_hold -= 1
            self._held[number] = message
            return
        self._memory.queue.append(message)
        if action == "StopTransaction" and number in self._held:
            self._memory.queue.append(self._held.pop(number))
        self._emptied.clear()
        self._filled.set()

    async def drained(self) -> None:
        """Return once nothing is owed."""
        if self._memory.queue:
            await self._emptied.wait()

    async def pump(self) -> None:
        """Deliver one by one, as long as there is a connection. Raises Lost."""
        while True:
            await self._filled.wait()
            while self._memory.queue:
                await self._try(self._memory.queue[0])
            self._filled.clear()
            self._emptied.set()

    async def _try(self, message: Message) -> None:
        message.attempts += 1
        try:
            answer = await self._deliver(message, self._payload(message))
        except (Refused, TimedOut):
            if message.attempts >= max(1, self._configuration.number("TransactionMessageAttempts")):
                self._settle(message, None)
                return
            pause_s = self._configuration.number("TransactionMessageRetryInterval")
            await asyncio.sleep(pause_s * message.attempts)
        except BaseException:
            message.attempts -= 1  # being cut off is not a failure of theirs
            raise
        else:
            self._settle(message, answer)

    def _payload(self, message: Message) -> Payload:
        """What to send: the transaction's id is known once its start was answered."""
        if message.transaction is None or message.action == "StartTransaction":
            return message.payload
        transaction = self._memory.transactions[message.transaction]
        known = transaction.transaction_id
        return message.payload | {"transactionId": GIVEN_UP if known is None else known}

    def _settle(self, message: Message, answer: Payload | None) -> None:
        self._memory.queue.remove(message)
        transaction = self._memory.transactions.get(message.transaction or 0)
        if message.action == "StartTransaction" and transaction is not None:
            transaction.transaction_id = answer["transactionId"] if answer else GIVEN_UP
        self._settled(message, answer)
        if message.action == "StopTransaction" and message.transaction is not None:
            self._memory.transactions.pop(message.transaction, None)
