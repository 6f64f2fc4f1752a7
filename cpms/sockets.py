"""A WebSocket of the web process whose memory is bounded, whoever is at the other end.

uvicorn waits for a peer that does not read, with all that was written to it in memory; it closes
such a socket only when that is flushed, which may be never; and it keeps each fragment of a
message that does not end. Here a peer gets so long, and so many fragments.
"""

from asyncio import TimerHandle

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

READ_WITHIN_S = 15.0
MOST_FRAGMENTS = 1024
MESSAGE_TOO_BIG = 1009


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
