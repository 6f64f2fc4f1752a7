"""Commands out: rows become requests, answers become outcomes.

A wake-up says "look"; a sweep looks anyway. The row is claimed by the process that holds the
socket, under the socket's epoch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError

from cpms import wakeups
from cpms.kernel.documents import Unreadable, read_json
from ocpp_gateway.protocol.frames import CallError, CallResult
from ocpp_gateway.threads import in_thread
from stations import services
from stations.domain.configuration import STATION_KEY, without_station_key
from stations.enums import CommandStatus

if TYPE_CHECKING:
    from ocpp_gateway.connection import Connection
    from ocpp_gateway.registry import Registry

log = logging.getLogger(__name__)

REPLACED = 1000  # the close code of a socket whose station opened another
SWEEP_S = 3.0
TICK_S = 0.5
SOON_S = 0.005  # wake-ups that come together are served together
RETRY_S = 1.0
MOMENT_S = 1.0
LAST_WORK_S = 3.0
TIMED_OUT = {"code": "timed_out", "description": "The station did not answer in time."}
NOT_SENT = {"code": "not_sent", "description": "The request could not be put into words."}
INVALID_ANSWER = {"code": "invalid_answer", "description": "The answer cannot be stored."}


def channel_of(gateway: str) -> str:
    """The one wake-up channel of a gateway process."""
    return f"gateway:{gateway}"


class Commands:
    """One per process."""

    def __init__(self, registry: Registry, gateway: str) -> None:
        self._registry = registry
        self._gateway = gateway
        self._wanted: set[int] = set()
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        for work in (self._listen, self._serve, self._tick):
            self._loops.append(loop.create_task(_for_ever(work), name=f"ocpp{work.__name__}"))

    async def stop(self) -> None:
        """End; what stations have answered is written first, for a while."""
        for loop in self._loops:
            loop.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WORK_S)
        for task in list(self._tasks):
            task.cancel()

    def look_for(self, station_id: int) -> None:
        """There may be a command for this station."""
        self._wanted.add(station_id)
        self._wake.set()

    def answered(
        self, connection: Connection, key: UUID, frame: CallResult | CallError, now: datetime
    ) -> None:
        """A station answered: settle the row, and serve what waits behind."""
        self._registry.asking.discard(connection)
        self.spawn(self._settle(connection, key, frame, now))

    async def _settle(
        self, connection: Connection, key: UUID, frame: CallResult | CallError, now: datetime
    ) -> None:
        response, error = read_answer(frame)
        connection.log_outcome(key, shown(frame, response), error["code"] if error else "", now)
        await self._write(key, now, response=response, error=error)
        self.look_for(connection.station.station_id)

    async def _write(self, key: UUID, now: datetime, **outcome: Any) -> None:
        """Write an outcome, over an outage of the database too: the station will not say it
        again. What the database refuses is an answer that we cannot keep."""
        settle = services.settle_command
        while True:
            try:
                await in_thread(settle, command_id=key, now=now, **outcome)
            except (OperationalError, InterfaceError) as fault:
                log.warning("outcome not written yet", extra={"fault": str(fault)})
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("outcome refused", extra={"command": str(key)})
                await in_thread(settle, command_id=key, now=now, error=INVALID_ANSWER)
                return
            else:
                return

    async def _listen(self) -> None:
        """Wake-ups: a station has a command, or its socket was replaced elsewhere."""
        async for channel, message in wakeups.listen(channel_of(self._gateway)):
            if not channel:
                self._want_all()
            elif (station_id := message.get("station_id")) is not None:
                connection = self._registry.get(station_id)
                if connection and message.get("replaced_by", 0) > connection.station.epoch:
                    self.spawn(connection.close(REPLACED))
                self.look_for(station_id)

    def _want_all(self) -> None:
        self._wanted.update(c.station.station_id for c in self._registry.all())
        self._wake.set()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            timer = loop.call_later(SWEEP_S, self._want_all)
            await self._wake.wait()
            timer.cancel()
            await asyncio.sleep(SOON_S)
            self._wake.clear()
            wanted, self._wanted = self._wanted, set()
            try:
                await self._claim_and_send(wanted)
            except Exception:
                log.exception("commands not served")
                await asyncio.sleep(TICK_S)

    async def _claim_and_send(self, wanted: set[int]) -> None:
        ready = [
            station_id
            for station_id in wanted
            if (connection := self._registry.get(station_id)) and connection.session.is_idle()
        ]
        if not ready:
            return
        now = datetime.now(UTC)
        claimed = await in_thread(
            services.claim_commands, station_ids=ready, gateway=self._gateway, now=now
        )
        unsent = [command for command in claimed if not self._sent(command, now)]
        if unsent:
            self.spawn(self._give_back(unsent))

    def _sent(self, command: services.ClaimedCommand, now: datetime) -> bool:
        """Hand a command to the socket it was claimed for, if that is still here."""
        connection = self._registry.get(command.station_id)
        if connection is None or connection.is_closed or connection.station.epoch != command.epoch:
            return False
        left = min(
            (command.deadline_at - now).total_seconds(),
            settings.OCPP.call_timeout.total_seconds(),
        )
        self._registry.asking.add(connection)
        # Beside the others: a station that does not read holds up nobody else's command.
        self.spawn(self._send(connection, command, asyncio.get_running_loop().time() + left))
        return True

    async def _send(
        self, connection: Connection, command: services.ClaimedCommand, give_up_at: float
    ) -> None:
        try:
            await connection.send_command(command, give_up_at)
        except Exception:
            log.exception("command not sent", extra={"command": str(command.id)})
            await self._write(command.id, datetime.now(UTC), error=NOT_SENT)

    async def _give_back(self, unsent: list[services.ClaimedCommand]) -> None:
        """Commands whose socket ended while they were claimed: they wait for the next one, or
        fail when none comes in a moment."""
        await in_thread(services.return_commands, command_ids=[command.id for command in unsent])
        await asyncio.sleep(MOMENT_S)
        for command in unsent:
            if self._registry.get(command.station_id) is None:
                await in_thread(
                    services.fail_commands_of_lost_connection,
                    station_id=command.station_id,
                    epoch=command.epoch,
                    now=datetime.now(UTC),
                )
            self.look_for(command.station_id)

    async def _tick(self) -> None:
        """Requests that nobody answered."""
        while True:
            await asyncio.sleep(TICK_S)
            loop_now, now = asyncio.get_running_loop().time(), datetime.now(UTC)
            for connection in list(self._registry.asking):
                for key in connection.session.overdue(loop_now):
                    self._registry.asking.discard(connection)
                    connection.log_outcome(key, None, "timed_out", now)
                    self.spawn(self._time_out(key, connection.station.station_id, now))

    async def _time_out(self, key: UUID, station_id: int, now: datetime) -> None:
        await self._write(key, now, error=TIMED_OUT, status=CommandStatus.TIMED_OUT)
        self.look_for(station_id)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Work beside the sockets' loops; its faults are logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            log.error("command task failed", exc_info=fault)


async def _for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """One of the loops; a fault in it is logged and it starts again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("loop failed and starts again", extra={"loop": work.__name__})
        await asyncio.sleep(TICK_S)


def shown(frame: CallResult | CallError, response: dict[str, Any] | None) -> str:
    """An answer for the message log: as it came, unless it names the station's key."""
    if isinstance(frame, CallError):
        return f"{frame.code}: {frame.description or ''}"
    text = bytes(frame.payload).decode(errors="replace")
    return orjson.dumps(response).decode() if STATION_KEY.lower() in text.lower() else text


def read_answer(
    frame: CallResult | CallError,
) -> tuple[dict[str, Any] | None, dict[str, str] | None]:
    """The answer's payload, or the error it means."""
    if isinstance(frame, CallError):
        return None, {
            "code": frame.code.replace("\0", "")[:50],
            "description": (frame.description or "").replace("\0", "")[:255],
        }
    try:
        payload = read_json(bytes(frame.payload))
    except Unreadable as fault:
        return None, {"code": "invalid_answer", "description": str(fault)}
    if not isinstance(payload, dict):
        return None, {"code": "invalid_answer", "description": "The answer is not an object."}
    if not isinstance(payload.get("status", ""), str):
        return None, {"code": "invalid_answer", "description": "The status is not a text."}
    return without_station_key(payload), None
