"""HTTP requests of the web process, bounded before anything keeps them.

uvicorn waits for ever for the rest of a request's head, with all of it in memory, and Django
writes a body into a file, however long it is, before it looks at the URL. Anybody could fill
both: here a head has so much time and length, and so has a body.
"""

import asyncio
from asyncio import TimerHandle, Transport
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN_S, MOST_OF_HEAD = 20.0, 65_536
BODY_WITHIN_S, MOST_OF_BODY = 60.0, 8 * 2**20  # what a view takes is less: see its own limits
GONE = {"type": "http.disconnect"}

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REASONS = {
    408: ("request_timeout", "The body did not come in time."),
    413: ("body_too_large", "The body is too large."),
}


class Http(HttpToolsProtocol):
    """A connection that is closed when no whole head comes in time."""

    head_timer: TimerHandle | None = None
    head_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.head_timer is not None:  # all of this belongs to a head
            self.head_bytes += len(data)
            if self.head_bytes > MOST_OF_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.head_timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self.head_bytes = 0
        self.head_timer = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def _stop_timer(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None


class Body:
    """What is read of a request's body. `refused`: the status that it deserves."""

    def __init__(self, receive: Receive) -> None:
        self.refused = 0
        self._receive = receive
        self._is_whole = False
        self._length = 0
        self._give_up_at = asyncio.get_running_loop().time() + BODY_WITHIN_S

    async def receive(self) -> dict[str, Any]:
        """The next message; to the application a body that is refused is a client that left."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._give_up_at):
                message = await self._receive()
        except TimeoutError:
            self.refused = 408
            return GONE
        self._length += len(message.get("body", b""))
        if self._length > MOST_OF_BODY:
            self.refused = 413
            return GONE
        self._is_whole = not message.get("more_body", False)
        return message


def bounded(app: App) -> App:
    """The application behind a door that refuses long and slow bodies."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if declared_length(scope) > MOST_OF_BODY:
            await refuse(send, 413)
            return
        body = Body(receive)
        await app(scope, body.receive, send)
        if body.refused:
            await refuse(send, body.refused)

    return door


def declared_length(scope: Scope) -> int:
    """Of the Content-Length header; 0 where it says none (the parser refused what is no number)."""
    return max(
        (int(value) for name, value in scope["headers"] if name == b"content-length"), default=0
    )


async def refuse(send: Send, status: int) -> None:
    """A problem document, and the end of the connection: what follows is not read."""
    code, detail = REASONS[status]
    problem = {"type": "about:blank", "title": code.replace("_", " ").capitalize()}
    body = orjson.dumps({**problem, "status": status, "code": code, "detail": detail})
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
