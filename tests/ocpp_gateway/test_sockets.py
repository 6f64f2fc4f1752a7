"""What a peer can make a socket of ours hold in memory."""

import asyncio
import contextlib

from cpms import sockets
from cpms.simulation.rude.raw import Knock, RawSocket
from stations.models import StationConnection
from tests.ocpp_gateway.operator import until

PING = 9


async def opened(server, station):
    url = f"{server.ws_url}/ocpp/{{identity}}"
    return await RawSocket.open(Knock(url, "CP001", station.password, receive_buffer=1024))


async def fill(socket):
    """Ask for pongs, reading none, until the server reads no more."""
    with contextlib.suppress(OSError):
        while True:
            async with asyncio.timeout(0.3):
                await socket.frame(b"p" * 125, opcode=PING)


async def test_a_peer_that_does_not_read_is_cut(server, station, monkeypatch):
    monkeypatch.setattr(sockets, "READ_WITHIN_S", 0.5)
    socket = await opened(server, station)

    await fill(socket)

    async def is_gone():
        return not (await StationConnection.objects.aget(station=station)).is_connected

    await until(is_gone)
    socket.close()


async def test_a_peer_that_reads_again_in_time_goes_on(server, station):
    socket = await opened(server, station)
    await fill(socket)

    async with asyncio.timeout(15):
        reading = asyncio.create_task(socket.listen(15))
        await socket.call("Heartbeat", "{}")
        while not socket.heard:  # noqa: ASYNC110 -- as it comes
            await asyncio.sleep(0.01)

    assert [frame[0] for frame in socket.heard] == [3]
    reading.cancel()
    socket.close()
