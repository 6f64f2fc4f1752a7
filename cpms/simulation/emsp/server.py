"""A small HTTP/1.1 server that can also be a bad one: it may keep silent, or hang up."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qsl, unquote

from cpms.simulation.emsp.wire import Answer, Request

MOST_HEAD, MOST_BODY = 65_536, 8_388_608
IDLE_S = 60.0

Handle = Callable[[Request], Awaitable[Answer | None]]


class BadRequest(Exception):
    """What came is no HTTP that we read."""


class Server:
    """Answers requests with `handle`, which returns None to hang up without an answer. An
    `async with` block; `port` 0 takes a free one."""

    def __init__(self, handle: Handle, host: str = "127.0.0.1", port: int = 0) -> None:
        self._handle, self._host, self.port = handle, host, port
        self._conversations: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Raises OSError when the address is taken."""
        self._server = await asyncio.start_server(
            self._converse, self._host, self.port, limit=MOST_HEAD
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in self._conversations:
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await self._server.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        try:
            await self._answer_all(reader, writer)
        except BadRequest:
            writer.write(written(Answer(HTTPStatus.BAD_REQUEST)))
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            writer.transport.abort()
        except asyncio.CancelledError:  # the end, as `__aexit__` wished; asyncio would log it
            writer.transport.abort()
        finally:
            self._conversations.discard(task)
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                request = await read(reader)
            answer = await self._handle(request)
            if answer is None:
                writer.transport.abort()
                return
            writer.write(written(answer))
            await writer.drain()


async def read(reader: asyncio.StreamReader) -> Request:
    """The next request. Raises BadRequest, EOFError when there is none, LimitOverrunError."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    try:
        method, target, _ = first.split(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, value in (line.split(":", 1) for line in lines)
        }
        size = int(headers.get("content-length", "0"))
    except ValueError as fault:
        raise BadRequest from fault
    if not 0 <= size <= MOST_BODY or "transfer-encoding" in headers:
        raise BadRequest
    path, _, query = target.partition("?")
    parts = tuple(unquote(part) for part in path.strip("/").split("/") if part)
    body = await reader.readexactly(size)
    return Request(method, parts, dict(parse_qsl(query, keep_blank_values=True)), headers, body)


def written(answer: Answer) -> bytes:
    """An answer as it goes over the wire."""
    headers = {
        "Content-Type": answer.kind,
        "Content-Length": str(len(answer.body)),
        **answer.headers,
    }
    status = HTTPStatus(answer.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body
