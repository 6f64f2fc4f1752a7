"""The gateway of a web process: started and drained with it."""

import asyncio
import logging
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError

from ocpp_gateway.commands import Commands
from ocpp_gateway.connection import DRAINING, Connection
from ocpp_gateway.door import Door
from ocpp_gateway.limits import FailureLimit
from ocpp_gateway.refusals import Refusals
from ocpp_gateway.registry import Registry
from ocpp_gateway.threads import in_thread
from ocpp_gateway.transactions import Transactions
from ocpp_gateway.writer import Writer
from stations import services
from stations.domain.facts import Disconnection

log = logging.getLogger(__name__)

ALIVE_EVERY_S = 5.0
DRAIN_PER_S = 500
DRAIN_AT_MOST_S = 2.0
FINISH_WITHIN_S = 2.0  # after the last stage


class Gateway:
    """The parts of a gateway process."""

    def __init__(self) -> None:
        unique = secrets.token_hex(3)
        self.name = f"{socket.gethostname()[:32]}-{os.getpid()}-{unique}"
        self.is_draining = False
        self.registry = Registry()
        self.writer = Writer()
        self.transactions = Transactions()
        self.door = Door()
        self.commands = Commands(self.registry, self.name)
        self.refusals = Refusals()
        self.failures_by_source = FailureLimit(burst=200, per_second=2.0)
        self._alive: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.writer.start()
        self.commands.start()
        self._alive = asyncio.get_running_loop().create_task(self._say_alive())

    async def stop(self) -> None:
        """Commit what is in hand, say goodbye."""
        if not self.is_draining:
            await self.drain()
        await self.commands.stop()
        if self._alive is not None:
            self._alive.cancel()
        await self.writer.stop()
        await self.door.close()

    async def drain(self) -> None:
        """Let nobody in any more; 1012 to every station in jittered stages, idle ones first,
        each as soon as no call is open."""
        self.is_draining = True
        give_up_at = asyncio.get_running_loop().time() + DRAIN_AT_MOST_S + FINISH_WITHIN_S
        leaving: list[asyncio.Future[None]] = []
        connections = self.registry.all()
        random.shuffle(connections)
        connections.sort(key=lambda one: not one.session.is_idle())
        step = max(DRAIN_PER_S // 10, int(len(connections) / DRAIN_AT_MOST_S / 10) + 1)
        for first in range(0, len(connections), step):
            leaving += [
                asyncio.ensure_future(connection.leave(DRAINING, give_up_at))
                for connection in connections[first : first + step]
            ]
            await asyncio.sleep(0.1)
        await asyncio.gather(*leaving, return_exceptions=True)

    async def left(self, connection: Connection) -> None:
        """A socket ended: if it is still the station's present one, the station is offline."""
        connection.is_closed = True
        self.registry.remove(connection)
        station, now = connection.station, datetime.now(UTC)
        self.writer.note_left(Disconnection(station.station_id, station.epoch, now))
        if connection.has_unanswered():
            await self._fail_commands(station.station_id, station.epoch, now)

    async def _fail_commands(self, station_id: int, epoch: int, now: datetime) -> None:
        """What the ended socket left unanswered fails now, not at its deadline."""
        fail = services.fail_commands_of_lost_connection
        try:
            await in_thread(fail, station_id=station_id, epoch=epoch, now=now)
        except DatabaseError as fault:
            log.warning("commands not failed yet", extra={"fault": str(fault)})

    async def _say_alive(self) -> None:
        while True:
            try:
                await in_thread(services.gateway_alive, name=self.name, now=datetime.now(UTC))
            except Exception as fault:  # noqa: BLE001 -- whatever it was, the next try counts
                log.warning("gateway not noted as alive", extra={"fault": str(fault)})
            await asyncio.sleep(ALIVE_EVERY_S)


_gateway: Gateway | None = None


def gateway() -> Gateway:
    """The gateway of this process."""
    assert _gateway is not None, "the lifespan has not started"
    return _gateway


def is_draining() -> bool:
    return _gateway is not None and _gateway.is_draining


async def drain() -> None:
    """Part from the stations while the process still answers others."""
    if _gateway is not None:
        await _gateway.drain()


async def lifespan(
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """ASGI lifespan of the web process."""
    global _gateway  # noqa: PLW0603 -- one per process
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _gateway = Gateway()
            await _gateway.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            if _gateway is not None:
                await _gateway.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
