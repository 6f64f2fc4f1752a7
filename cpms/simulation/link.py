"""One open socket to the CSMS: frames, and which answer belongs to which call (OCPP-J §4)."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

CALL, CALLRESULT, CALLERROR = 2, 3, 4
ABNORMAL = 1006

Payload = dict[str, Any]


class Refused(Exception):
    """A CALLERROR, theirs or ours."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description = code, description


class TimedOut(Exception):
    """No answer in time."""


class Lost(Exception):
    """There is no connection, or it went before the answer came."""


class Link:
    """At most one call of ours is open (`turn`); theirs are answered one at a time, in order.

    `answer(action, payload)` gives the payload of a CALLRESULT, None to stay silent, or raises
    Refused; `answered()` is called once the answer has left. `losing` says of how many calls of
    which action the answer shall get lost on its way.
    """

    def __init__(
        self,
        socket: ClientConnection,
        answer: Callable[[str, Payload], Payload | None],
        answered: Callable[[], None],
        timeout_s: float,
        losing: Counter[str],
    ) -> None:
        self.turn = asyncio.Lock()
        self._socket = socket
        self._answer, self._answered = answer, answered
        self._timeout_s, self._losing = timeout_s, losing
        self._open: dict[str, asyncio.Future[Payload]] = {}

    async def call(self, message_id: str, action: str, payload: Payload) -> Payload:
        """Send a CALL and wait for its answer. Raises Refused, TimedOut or Lost."""
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        if self._losing[action] > 0:
            self._losing[action] -= 1
        else:
            self._open[message_id] = answer
        try:
            await self._send([CALL, message_id, action, payload])
            async with asyncio.timeout(self._timeout_s):
                return await answer
        except TimeoutError as late:
            raise TimedOut(action) from late
        finally:
            self._open.pop(message_id, None)
            if answer.done() and not answer.cancelled():
                answer.exception()  # whoever hears of a dead socket first, it was heard

    async def listen(self) -> int:
        """Read until the socket closes; returns the close code."""
        try:
            async for text in self._socket:
                await self._receive(text)
        except (ConnectionClosed, Lost):
            pass
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(Lost("closed before the answer"))
        return self._socket.close_code or ABNORMAL

    async def close(self) -> None:
        """Hang up as the protocol wants it."""
        await self._socket.close()

    def cut(self) -> None:
        """Let the connection die without a word."""
        self._socket.transport.abort()

    async def _send(self, frame: list[Any]) -> None:
        try:
            await self._socket.send(json.dumps(frame, separators=(",", ":")))
        except ConnectionClosed as closed:
            raise Lost("closed") from closed

    async def _receive(self, text: str | bytes) -> None:
        try:
            frame = json.loads(text)
            kind, message_id = frame[0], str(frame[1])
        except (ValueError, LookupError, TypeError):
            return
        if kind == CALL:
            await self._serve(message_id, frame)
        elif (answer := self._open.get(message_id)) and not answer.done():
            _settle(answer, frame)

    async def _serve(self, message_id: str, frame: list[Any]) -> None:
        try:
            answer = self._answer(frame[2], frame[3])
        except Refused as refusal:
            await self._send([CALLERROR, message_id, refusal.code, refusal.description, {}])
        except (LookupError, TypeError, ValueError, AttributeError) as fault:
            reason = f"{type(fault).__name__}: {fault}"[:255]
            await self._send([CALLERROR, message_id, "FormationViolation", reason, {}])
        else:
            if answer is not None:
                await self._send([CALLRESULT, message_id, answer])
        self._answered()


def _settle(answer: "asyncio.Future[Payload]", frame: list[Any]) -> None:
    if frame[0] == CALLRESULT:
        answer.set_result(frame[2] if len(frame) > 2 and isinstance(frame[2], dict) else {})  # noqa: PLR2004
    else:
        code, description = ([str(part) for part in frame[2:4]] + ["", ""])[:2]
        answer.set_exception(Refused(code, description))
