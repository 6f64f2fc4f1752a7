"""The Channels consumer of stations: a flat receive loop that only carries.

It overrides `__call__`: the stock dispatch costs a thread hop and two tasks per message, four
times what the message itself costs (docs/adr/0005).
"""

import asyncio
import logging
import time
from typing import Any

from channels.consumer import AsyncConsumer

from cpms import wakeups
from cpms.kernel import events
from ocpp_gateway import metrics, process
from ocpp_gateway.coalescing import DatabaseAway
from ocpp_gateway.commands import REPLACED, channel_of
from ocpp_gateway.connection import OUTAGE, Connection, Send, Unanswerable
from ocpp_gateway.context import Admitted
from ocpp_gateway.door import Arrival, Denied
from ocpp_gateway.limits import Pace
from stations.events import StationConnected

log = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "10"}
FRAMES_AT_ONCE, FRAMES_PER_S = 2_000, 500.0  # of one station; what comes faster waits unread
TURN = 16  # frames after which other sockets get their turn, and the pace is looked at


class StationConsumer(AsyncConsumer):  # type: ignore[misc]
    """One instance per socket."""

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        gateway = process.gateway()
        try:
            connection = await self._enter(gateway, scope, send)
        except Denied as denial:
            gateway.refusals.note(scope, denial.status)
            await deny(send, denial)
            return
        try:
            await self._carry(connection, receive)
        finally:
            await gateway.left(connection)

    async def _enter(self, gateway: "process.Gateway", scope: Any, send: Send) -> Connection:
        """Let the station in, or raise Denied."""
        if gateway.is_draining:
            raise Denied(503, "restarting", RETRY_AFTER)
        source = (scope.get("client") or ("",))[0]
        now = time.monotonic()
        if gateway.failures_by_source.is_exhausted(source, now):
            raise Denied(429, "too many failed attempts", {"Retry-After": "60"})
        try:
            return await self._recognised(gateway, scope, send, source)
        except DatabaseAway:
            raise Denied(503, "try again later", RETRY_AFTER) from None
        except Denied as denial:
            if denial.status in (401, 404):
                gateway.failures_by_source.failed(source, now)
                log.warning("handshake refused", extra={"status": denial.status, "source": source})
            raise

    async def _recognised(
        self, gateway: "process.Gateway", scope: Any, send: Send, source: str
    ) -> Connection:
        _, candidate, uses_pending_key, subprotocol = await gateway.door.recognise(scope)
        arrival = Arrival(candidate.station_id, gateway.name, subprotocol, source, uses_pending_key)
        admission = await gateway.door.admit(arrival)
        if admission is None:
            raise Denied(503, "a newer socket of this station came", RETRY_AFTER)
        station = Admitted(
            station_id=candidate.station_id,
            location_id=candidate.location_id,
            epoch=admission.epoch,
            evse_numbers=frozenset(candidate.evse_numbers),
            strict=candidate.strict,
            registration=candidate.registration,
        )
        connection = Connection(
            station, send, gateway.writer, gateway.transactions, gateway.commands
        )
        try:
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
        except OSError:  # it went away meanwhile, but is noted as connected
            await gateway.left(connection)
            raise
        loser = gateway.registry.add(connection)
        if loser is not None:
            metrics.REPLACED.inc()
            gateway.commands.spawn(loser.close(REPLACED))  # it may be one that never reads
        elif admission.previous_gateway not in ("", gateway.name):
            news = {"station_id": station.station_id, "replaced_by": admission.epoch}
            wakeups.publish(channel_of(admission.previous_gateway), news)
        events.deliver(StationConnected(station.station_id, station.location_id))
        gateway.commands.look_for(station.station_id)
        return connection

    async def _carry(self, connection: Connection, receive: Any) -> None:
        """Frames in order, one at a time, until the socket ends."""
        clock = asyncio.get_running_loop().time
        pace, frames = Pace(FRAMES_AT_ONCE, FRAMES_PER_S, clock()), 0
        try:
            while (message := await receive())["type"] == "websocket.receive":
                text = message.get("text")
                if text is None:
                    text = (message.get("bytes") or b"").decode(errors="replace")
                await connection.received(text)
                frames += 1
                if frames == TURN:
                    await asyncio.sleep(pace.pause_after(frames, clock()))
                    frames = 0
        except Unanswerable:
            await connection.close(OUTAGE)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("connection failed", extra={"station_id": connection.station.station_id})
            await connection.close(OUTAGE)


async def deny(send: Send, denial: Denied) -> None:
    """Answer the handshake with an HTTP status, without an upgrade."""
    metrics.REFUSED_HANDSHAKES.labels(str(denial.status)).inc()
    headers = {"Content-Type": "text/plain; charset=utf-8", **denial.headers}
    await send(
        {
            "type": "websocket.http.response.start",
            "status": denial.status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "websocket.http.response.body", "body": denial.reason.encode()})
