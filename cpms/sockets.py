"""A WebSocket of the web process whose memory is bounded, whoever is at the other end, and
whose text messages take a short way.

uvicorn waits for a peer that does not read, with all that was written to it in memory; it closes
such a socket only when that is flushed, which may be never; and it keeps each fragment of a
message that does not end. Here a peer gets so long, and so many fragments.

uvicorn also stops reading for every message until the application has taken it, and frames each
answer by way of four objects: a quarter of what a socket costs (docs/adr/0005).
"""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN

READ_WITHIN_S = 15.0
MOST_FRAGMENTS = 1024
MESSAGE_TOO_BIG = 1009
MOST_UNTAKEN = 8  # messages that wait for the application; then nothing more is read
FINAL_TEXT = 0x81  # RFC 6455 §5.2: FIN, and the opcode of text
SHORT, MEDIUM = 126, 65_536  # lengths that fit into the second byte; into two bytes more


class Socket(WebSocketsSansIOProtocol):
    """While our writes pile up nothing is read, so that nothing of it can ask for more."""

    cut_timer: TimerHandle | None = None

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
