"""A WebSocket of the web process whose memory is bounded, whoever is at the other end, and
whose text messages take a short way.

uvicorn waits for a peer that does not read, with all that was written to it in memory; it closes
such a socket only when that is flushed, which may be never; and it keeps each fragment of a
message that does not end. Here a peer gets so long, and so many fragments.

uvicorn also stops reading for every message until the application has taken it, and websockets
parses and frames each message by way of generators and objects: a third of what a socket costs
(docs/adr/0005). Nearly always what arrives is one whole message, and then it needs none of that.
"""

from asyncio import AbstractEventLoop, Future, TimerHandle
from collections import deque
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, apply_mask  # type: ignore[attr-defined] # in C if it can be
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

READ_WITHIN_S = 15.0
MOST_FRAGMENTS = 1024
MESSAGE_TOO_BIG = 1009
MOST_UNTAKEN = 8  # messages that wait for the application; then nothing more is read
FINAL_TEXT = 0x81  # RFC 6455 §5.2: FIN, and the opcode of text
SHORT, MEDIUM = 126, 65_536  # lengths that fit into the second byte; into two bytes more
LEAST = 6  # a header with its mask
MASKED = 0x80  # the bit above the length in the second byte
BETWEEN_FRAMES = StreamReader.at_eof.__code__  # where the parser waits when it is owed nothing


class Mailbox:
    """What waits for the application, as the server's own queue keeps it, but for one reader and
    without a bound: half of what that costs."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: deque[Any] = deque()
        self._reader: Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        reader = self._reader
        if reader is not None and not reader.done():
            reader.set_result(None)

    async def get(self) -> Any:
        while not self._messages:
            self._reader = self._loop.create_future()
            await self._reader
        return self._messages.popleft()

    def qsize(self) -> int:
        return len(self._messages)

    def empty(self) -> bool:
        return not self._messages


class Socket(WebSocketsSansIOProtocol):
    """While our writes pile up nothing is read, so that nothing of it can ask for more."""

    cut_timer: TimerHandle | None = None
    is_between_frames = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = Mailbox(self.loop)  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self.is_between_frames and self.conn.state is OPEN and not self.close_sent:
            text = whole_text(data)
            if text is not None:
                self._take(text)
                return
        super().data_received(data)
        self.is_between_frames = waits_for_message(self.conn)

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self.transport.is_closing():
            self.transport.pause_reading()
        self.cut_timer = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_timer()
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is not None and self._is_flowing():
            payload = text.encode()
            if len(payload) < MEDIUM:
                self.transport.write(header_of(len(payload)) + payload)
                return
        await super().send(message)

    def _is_flowing(self) -> bool:
        """Whether a message may go out at once."""
        return (
            self.handshake_complete
            and not self.close_sent
            and not self.disconnected
            and self.conn.state is OPEN
            and self.writable.is_set()
        )

    def handle_text(self, event: Frame) -> None:
        if not event.fin or self.close_sent:
            super().handle_text(event)
            return
        try:
            text = str(event.data, "utf-8")
        except UnicodeDecodeError:
            super().handle_text(event)
            return
        self._take(text)

    def _take(self, text: str) -> None:
        """Hand a message to the application; behind many that wait nothing more is read."""
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused and self.queue.qsize() >= MOST_UNTAKEN:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self.conn.fail(MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def _stop_timer(self) -> None:
        if self.cut_timer is not None:
            self.cut_timer.cancel()
            self.cut_timer = None


def header_of(length: int) -> bytes:
    """The header of an unmasked text frame of one piece (RFC 6455 §5.2)."""
    if length < SHORT:
        return bytes((FINAL_TEXT, length))
    return bytes((FINAL_TEXT, SHORT, length >> 8, length & 0xFF))


def waits_for_message(conn: ServerProtocol) -> bool:
    """Whether the next byte begins a message."""
    waiting: Any = conn.parser
    while waiting.gi_yieldfrom is not None:
        waiting = waiting.gi_yieldfrom
    return waiting.gi_code is BETWEEN_FRAMES and conn.current_size is None


def whole_text(data: bytes) -> str | None:
    """The text when `data` is exactly one masked text frame of one piece (RFC 6455 §5.2); None
    when it is anything else, or no UTF-8: whoever knows the whole protocol has to see it."""
    if len(data) < LEAST or data[0] != FINAL_TEXT or data[1] < MASKED:
        return None
    length, begin = data[1] - MASKED, 6
    if length >= SHORT:
        if length > SHORT:
            return None
        length, begin = data[2] << 8 | data[3], 8
    if len(data) != begin + length:
        return None
    try:
        return str(apply_mask(data[begin:], data[begin - 4 : begin]), "utf-8")
    except UnicodeDecodeError:
        return None
