"""One station's socket: carries texts between the protocol session and the handlers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import DatabaseError, DataError, InterfaceError, OperationalError

from booking.errors import ReplacedSocket
from cpms.kernel.errors import DomainError
from ocpp_gateway import metrics
from ocpp_gateway.commands import Commands
from ocpp_gateway.context import Admitted, Context, Refusal
from ocpp_gateway.protocol.frames import Call, error_text, result_text
from ocpp_gateway.protocol.session import Answered, Fault, Repeated, Session
from ocpp_gateway.transactions import Transactions
from ocpp_gateway.v16 import FORMATION_VIOLATION
from ocpp_gateway.v16.decoding import decode
from ocpp_gateway.v16.repairs import ACTIONS, Unrepairable
from ocpp_gateway.v16.routes import HANDLERS
from ocpp_gateway.writer import NotStored, Refused, Writer
from stations.domain.facts import Exchange, QuirkUse
from stations.enums import Direction
from stations.services.commands import ClaimedCommand, payload_to_send

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

OUTAGE, DRAINING, TOO_MANY_FAULTS = 1011, 1012, 1008
IN, OUT = Direction.IN.value, Direction.OUT.value  # formatting the members costs more
GONE = (OSError, RuntimeError)  # the peer's end, or the server's: `receive` tells the loop
LOOK_EVERY_S = 0.05
MOST_FAULTS = 100  # frames that are no OCPP; then the socket is closed


class Unanswerable(Exception):
    """We cannot answer truthfully: the socket is closed and the station keeps its message."""


class Connection:
    """What is known of one accepted socket."""

    def __init__(
        self,
        station: Admitted,
        send: Send,
        writer: Writer,
        transactions: Transactions,
        commands: Commands,
    ) -> None:
        self.station = station
        self.session = Session(FORMATION_VIOLATION, prefix=f"{station.epoch:x}-")
        self._writer = writer
        self._transactions = transactions
        self._send = send
        self._commands = commands
        self._sent: dict[UUID, Exchange] = {}
        self._faults = 0
        self._is_answering = False
        self._is_leaving = False
        self.is_closed = False

    async def received(self, text: str) -> None:
        """React to one frame. Raises Unanswerable when the socket must be closed."""
        now = datetime.now(UTC)
        self._writer.note_seen(self.station.station_id, self.station.epoch, now)
        event = self.session.receive(text)
        if isinstance(event, Call):  # nearly always
            if not self._is_leaving:
                self._is_answering = True
                try:
                    await self._answer(event, now)
                finally:
                    self._is_answering = False
            return
        match event:
            case Answered(key, frame):
                self._commands.answered(self, key, frame, now)
            case Repeated(answer):
                await self.send_text(answer)
            case Fault(reason, answer):
                await self._fault(reason, answer, text, now)

    async def _answer(self, call: Call, now: datetime) -> None:
        content, error_code = bytes(call.payload), ""
        try:
            answer = result_text(call.message_id, await self._handled(call, content, now))
        except (Unrepairable, Refusal) as refusal:
            error_code = refusal.code
            answer = error_text(call.message_id, refusal.code, str(refusal))
            metrics.ERRORS.labels(refusal.code).inc()
        if self.is_closed:
            raise Unanswerable
        await self.send_text(answer)
        self.session.remember(call, answer)
        self._writer.note(
            Exchange(
                at=now,
                station_id=self.station.station_id,
                direction=IN,
                action=call.action,
                message_id=call.message_id,
                request=content.decode(errors="replace"),
                answer=answer,
                answered_at=datetime.now(UTC),
                error_code=error_code,
            )
        )

    async def _handled(self, call: Call, content: bytes, now: datetime) -> dict[str, Any]:
        """The answer's payload. Raises Refusal, Unrepairable or Unanswerable."""
        handler = HANDLERS.get(call.action)
        if handler is None:
            code = "NotSupported" if call.action in ACTIONS else "NotImplemented"
            raise Refusal(code, f"{call.action[:50]} is not known here")
        metrics.RECEIVED.by_action[call.action] += 1
        request, repairs = decode(call.action, call.payload, now, strict=self.station.strict)
        for name in repairs:
            metrics.QUIRKS.labels(name).inc()
            self._writer.note_quirk(QuirkUse(self.station.station_id, name, now))
        context = Context(self.station, self._writer, self._transactions, content, now)
        try:
            return await handler(context, request)
        except Refusal:
            raise
        except Exception as fault:
            raise meaning_of(fault, call.action) from fault

    async def _fault(self, reason: str, answer: str | None, text: str, now: datetime) -> None:
        self._faults += 1
        metrics.ERRORS.labels("fault").inc()
        self._writer.note(
            Exchange(
                station_id=self.station.station_id,
                at=now,
                direction=IN,
                action="(not a message)",
                message_id="",
                request=text[:4000],
                answer=answer,
                answered_at=now,
                error_code=reason[:50],
            )
        )
        if self._faults > MOST_FAULTS:
            await self.close(TOO_MANY_FAULTS)
        elif answer is not None:
            await self.send_text(answer)

    async def send_command(self, command: ClaimedCommand, give_up_at: float) -> None:
        """Queue a request to the station; it leaves when no other is unanswered."""
        self.session.ask(command.id, command.action, payload_to_send(command), give_up_at)
        self._sent[command.id] = Exchange(
            station_id=self.station.station_id,
            at=datetime.now(UTC),
            direction=OUT,
            action=command.action,
            message_id="",
            request=msgspec.json.encode(command.payload).decode(),  # a key stays sealed
        )
        metrics.SENT.labels(command.action).inc()
        await self.flush()

    async def flush(self) -> None:
        """Send what may be sent."""
        for text in self.session.data_to_send():
            await self.send_text(text)

    def log_outcome(self, key: UUID, answer: str | None, error_code: str, now: datetime) -> None:
        """Put a finished request of ours into the message log."""
        exchange = self._sent.pop(key, None)
        if exchange is not None:
            exchange.answer, exchange.error_code = answer, error_code
            exchange.answered_at = now if answer is not None else None
            self._writer.note(exchange)

    async def send_text(self, text: str) -> None:
        if not self.is_closed:
            try:
                await self._send({"type": "websocket.send", "text": text})
            except GONE:
                self.is_closed = True

    def has_unanswered(self) -> bool:
        """Whether a request of ours is open on this socket."""
        return bool(self._sent)

    async def close(self, code: int) -> None:
        """Close the socket, once."""
        if not self.is_closed:
            self.is_closed = True
            with suppress(*GONE):
                await self._send({"type": "websocket.close", "code": code})

    async def leave(self, code: int, give_up_at: float) -> None:
        """Close once the calls that are open, theirs and ours, are answered. What the station
        asks from now on is not begun: it asks again elsewhere. `give_up_at` is loop time."""
        self._is_leaving = True
        clock = asyncio.get_running_loop().time
        while self._has_open_calls() and clock() < give_up_at:  # noqa: ASYNC110 -- an Event for each of 10,000 sockets would serve once
            await asyncio.sleep(LOOK_EVERY_S)
        await self.close(code)

    def _has_open_calls(self) -> bool:
        return self._is_answering or self.session.is_asking()


def meaning_of(fault: Exception, action: str) -> Refusal | Unanswerable:
    """What a handler's fault is to the station: its own doing, our outage, or our bug. With a
    bug it is told, too: were the socket closed instead, it would send the same for ever."""
    match fault:
        case Refused():
            return Refusal("PropertyConstraintViolation", "a value cannot be stored")
        case ReplacedSocket() | NotStored() | OperationalError() | InterfaceError():
            return Unanswerable()
        case DomainError():
            return Refusal("PropertyConstraintViolation", fault.text)
        case DataError():  # without a traceback, which any station could fill the log with
            log.warning("value refused", extra={"action": action, "fault": str(fault)})
            return Refusal("PropertyConstraintViolation", "a value cannot be stored")
        case DatabaseError():
            log.error("fact refused", extra={"action": action}, exc_info=fault)
            return Refusal("PropertyConstraintViolation", "a value cannot be stored")
        case _:
            log.error("handler failed", extra={"action": action}, exc_info=fault)
            return Refusal("InternalError", "this message cannot be handled")
