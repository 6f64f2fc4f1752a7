"""A WebSocket client that can be made to do anything wrong (RFC 6455 by hand)."""

import asyncio
import base64
import json
import os
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TEXT, CONTINUATION, CLOSE, PING, PONG = 1, 0, 8, 9, 10
SHORT, MEDIUM = 126, 127


class HandshakeRefused(Exception):
    """The server answered the upgrade with something else than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Knock:
    """How to ask for the upgrade. A small `receive_buffer` lets the server's writes pile up."""

    url: str
    identity: str
    password: str
    subprotocols: str = "ocpp1.6"
    extensions: str = ""
    receive_buffer: int = 0

    def request(self) -> bytes:
        address = urlsplit(self.url.replace("{identity}", self.identity))
        token = base64.b64encode(f"{self.identity}:{self.password}".encode()).decode()
        lines = [
            f"GET {address.path} HTTP/1.1",
            f"Host: {address.netloc}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Authorization: Basic {token}",
        ]
        lines += [f"Sec-WebSocket-Protocol: {self.subprotocols}"] if self.subprotocols else []
        lines += [f"Sec-WebSocket-Extensions: {self.extensions}"] if self.extensions else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(slots=True)
class RawSocket:
    """`heard` are the JSON frames that came, `close_code` what the server closed with (1006 for
    a connection that just ended)."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: list[Any] = field(default_factory=list)
    close_code: int | None = None

    @classmethod
    async def open(cls, knock: Knock) -> "RawSocket":
        """Raises HandshakeRefused or OSError."""
        address = urlsplit(knock.url)
        plain = socket.socket()
        if knock.receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, knock.receive_buffer)
        plain.setblocking(False)  # noqa: FBT003 -- the socket API
        target = (
            address.hostname or "127.0.0.1",
            address.port or (443 if address.scheme == "wss" else 80),
        )
        await asyncio.get_running_loop().sock_connect(plain, target)
        is_tls = address.scheme == "wss"
        reader, writer = await asyncio.open_connection(
            sock=plain,
            ssl=ssl.create_default_context() if is_tls else None,
            server_hostname=address.hostname if is_tls else None,
        )
        writer.write(knock.request())
        try:
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, TimeoutError) as closed:
            writer.close()
            raise ConnectionResetError("no answer to the upgrade") from closed
        status = int(head.split(b" ", 2)[1])
        if status != 101:  # noqa: PLR2004 -- Switching Protocols
            writer.close()
            raise HandshakeRefused(status)
        return cls(reader, writer)

    async def frame(
        self, body: bytes, opcode: int = TEXT, *, fin: bool = True, rsv1: bool = False
    ) -> None:
        """One frame, masked as a client's must be."""
        size = len(body)
        first = (0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode
        if size < SHORT:
            head = bytes([first, 0x80 | size])
        elif size < 1 << 16:
            head = bytes([first, 0x80 | SHORT]) + size.to_bytes(2, "big")
        else:
            head = bytes([first, 0x80 | MEDIUM]) + size.to_bytes(8, "big")
        self.writer.write(head + bytes(4) + body)  # the all-zero mask leaves the body as it is
        await self.writer.drain()

    async def text(self, text: str) -> None:
        await self.frame(text.encode("utf-8", "surrogatepass"))

    async def call(self, action: str, payload: str, message_id: str = "") -> None:
        """A CALL whose payload is raw JSON text, or what passes for it."""
        await self.text(f'[2,"{message_id or os.urandom(6).hex()}","{action}",{payload}]')

    async def listen(self, seconds: float) -> list[Any]:
        """Gather what comes for a while, or until the server closes."""
        try:
            async with asyncio.timeout(seconds):
                while self.close_code is None:
                    await self._read()
        except TimeoutError:
            pass
        except (asyncio.IncompleteReadError, OSError):
            self.close_code = self.close_code or 1006
        return self.heard

    async def answer(self, seconds: float = 5) -> Any:
        """The next JSON frame, or None if none came in time."""
        before = len(self.heard)
        try:
            async with asyncio.timeout(seconds):
                while self.close_code is None and len(self.heard) == before:
                    await self._read()
        except TimeoutError:
            return None
        except (asyncio.IncompleteReadError, OSError):
            self.close_code = self.close_code or 1006
        return self.heard[-1] if len(self.heard) > before else None

    async def _read(self) -> None:
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size >= SHORT:
            size = int.from_bytes(await self.reader.readexactly(2 if size == SHORT else 8), "big")
        body = await self.reader.readexactly(size)
        match first & 0x0F:
            case 1:
                self.heard.append(json.loads(body))
            case 8:
                self.close_code = int.from_bytes(body[:2], "big") or 1005
            case 9:
                await self.frame(body, PONG)

    def close(self) -> None:
        """Be gone without a word."""
        self.writer.transport.abort()
