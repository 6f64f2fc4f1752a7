"""Where a rude station knocks, and what it got out of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cpms.simulation.clock import timestamp
from cpms.simulation.rude.raw import HandshakeRefused, Knock, RawSocket


@dataclass(slots=True)
class Door:
    """One identity with its key. `foreign_transaction_id` is a transaction of somebody else;
    `patience_s` how long a rudeness waits for answers."""

    url: str
    identity: str
    password: str
    id_tag: str = "SIMULATED"
    foreign_transaction_id: int = 1
    patience_s: float = 2.0
    sockets: list[RawSocket] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)

    async def open(self, **changes: Any) -> RawSocket:
        """A new socket. Raises HandshakeRefused or OSError."""
        knock = replace(Knock(self.url, self.identity, self.password), **changes)
        try:
            socket = await RawSocket.open(knock)
        except HandshakeRefused as refusal:
            self.refusals.append(refusal.status)
            raise
        self.sockets.append(socket)
        return socket

    async def enter(self) -> RawSocket:
        """A socket of a station that has registered."""
        socket = await self.open()
        await socket.call("BootNotification", BOOT)
        await socket.answer(self.patience_s)
        return socket

    async def behave(self) -> None:
        """Register as a good station would. Raises HandshakeRefused, OSError or EOFError."""
        socket = await self.enter()
        if not socket.heard:
            raise ConnectionResetError("no answer to the boot")
        await self.leave()

    async def leave(self) -> None:
        """Hear what is still on its way, then drop all sockets."""
        await asyncio.gather(*(socket.listen(0.1) for socket in self.sockets))
        for socket in self.sockets:
            socket.close()


Rudeness = Callable[[Door], Awaitable[None]]

BOOT = '{"chargePointVendor":"Rude","chargePointModel":"Rude"}'


def named(*deeds: Rudeness) -> dict[str, Rudeness]:
    """Rudenesses by the names of their functions."""
    return {getattr(deed, "__name__", ""): deed for deed in deeds}


def start_payload(door: Door, at: str, meter_wh: int = 1000) -> str:
    return f'{{"connectorId":1,"idTag":"{door.id_tag}","meterStart":{meter_wh},"timestamp":"{at}"}}'


async def started(door: Door, socket: RawSocket, at: Any, meter_wh: int = 1000) -> int:
    """A transaction of the rude station's own; its id, or -1 when it got none."""
    await socket.call("StartTransaction", start_payload(door, timestamp(at), meter_wh))
    answer = await socket.answer(door.patience_s)
    is_result = isinstance(answer, list) and len(answer) > 2 and answer[0] == 3  # noqa: PLR2004
    return int(answer[2].get("transactionId", -1)) if is_result else -1
