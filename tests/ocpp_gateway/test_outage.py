"""The database goes away: no station is told that something is stored which is not, none is
told to give up, and all heals by itself."""

import asyncio
import contextlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import websockets
from msgspec.structs import replace

from bench.load import ID_TAG, PASSWORD, identity
from bench.servers import Lab, free_port
from booking.domain.facts import MeterReading
from booking.models import MeterSample
from cpms.embedded.engines import Postgres
from ocpp_gateway import database
from ocpp_gateway.writer import NotStored, Writer
from stations.models import StationConnection
from tests.ocpp_gateway.charger import basic, connected

NAME = identity(0)
WEB = [sys.executable, "-m", "cpms.web"]


class CommitEater:
    """Between a client and PostgreSQL: passes everything, but after a COMMIT cuts the line, so
    that the commit happens and its answer is lost."""

    def __init__(self, directory, host, port):
        self._host, self._port = host, port
        self.path = Path(directory) / f".s.PGSQL.{port}"
        self.is_hungry = False
        self._open = set()

    async def __aenter__(self):
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self._end()
        await asyncio.sleep(0.05)

    async def _serve(self, reader, writer):
        upstream_reader, upstream = await self._connect()
        back = asyncio.create_task(self._pass(upstream_reader, writer))
        self._open |= {writer, upstream}
        while data := await reader.read(65_536):
            is_last = self.is_hungry and b"COMMIT" in data
            if is_last:
                back.cancel()
                await asyncio.wait([back])
            upstream.write(data)
            if is_last:
                await upstream_reader.read(65_536)  # it is committed now
                break
        self._end()

    async def _connect(self):
        """To the real one: on a socket in a directory, or on a host."""
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/{self.path.name}")
        return await asyncio.open_connection(self._host, self._port)

    def _end(self):
        for one in self._open:
            one.close()

    async def _pass(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()


async def test_a_commit_whose_answer_was_lost_is_stored_once_when_it_is_repeated(
    station, tmp_path, monkeypatch
):
    now = datetime.now(UTC)
    await StationConnection.objects.filter(station=station).aupdate(epoch=3, connected_at=now)
    reading = MeterReading(station.pk, 3, 1, now, now, content_hash=2)
    own = MeterSample.objects.filter(measured_at=now, content_hash=2)
    parameters = database.connection_parameters()
    port = parameters.get("port") or 5432
    async with CommitEater(tmp_path, parameters["host"] or "127.0.0.1", port) as eater:
        monkeypatch.setattr(
            database, "connection_parameters", lambda: {**parameters, "host": str(tmp_path)}
        )
        writer = Writer()
        writer.start()
        await writer.store([replace(reading, content_hash=1)])
        eater.is_hungry = True
        with pytest.raises(NotStored):
            await writer.store([reading])
        eater.is_hungry = False
        stored = await own.acount()

        await writer.store([reading])
        await writer.stop()

    assert stored == 1
    assert await own.acount() == 1


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        lab.manage("migrate", "--verbosity", "0")
        lab.run("from bench.seed import seed\nseed(3)")
        yield lab


@pytest.fixture
def web(lab):
    server = lab.serve(*WEB, port=free_port())
    server.ws_url = server.url
    yield server
    server.__exit__()


def rows(lab, query):
    with psycopg.connect(lab.environment["DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


def stopped(lab):
    """PostgreSQL is gone until the next start."""
    child = lab.engines["postgres"]
    child.ask_to_stop()
    child.process.wait(20)


def started(lab):
    """In the main thread: it dies with the thread that starts it."""
    lab.engines["postgres"].start()
    Postgres(lab.directory).wait_ready()


def frozen(lab, *, thaw=False):
    """Every process of PostgreSQL stands still, its sockets open: a host that hangs."""
    parent = lab.engines["postgres"].process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for pid in (parent, *map(int, children)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT if thaw else signal.SIGSTOP)


async def refused_with(server):
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(
            f"{server.ws_url}/ocpp/{NAME}",
            additional_headers=basic(NAME, PASSWORD),
            subprotocols=["ocpp1.6"],
            open_timeout=40,
        )
    return refusal.value.response


async def comes_in(server):
    """A station that keeps knocking, as it would."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await websockets.connect(
                    f"{server.ws_url}/ocpp/{NAME}",
                    additional_headers=basic(NAME, PASSWORD),
                    subprotocols=["ocpp1.6"],
                )
            except (websockets.InvalidStatus, TimeoutError):
                await asyncio.sleep(0.3)


@pytest.mark.parametrize("message", ["meter", "start"])
async def test_a_database_that_is_gone_closes_sockets_with_1011_and_heals(lab, web, message):
    measured_at = datetime.now(UTC)

    async def say(charger):
        if message == "meter":
            return await charger.meter(None, 5, measured_at=measured_at)
        return await charger.start(ID_TAG, started_at=measured_at)

    async with connected(web, NAME, PASSWORD) as charger:
        await charger.boot()
        await asyncio.to_thread(stopped, lab)
        assert "currentTime" in await charger.ask("Heartbeat", {})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await say(charger)
        refusal = await refused_with(web)
        started(lab)
    await (await comes_in(web)).close()
    async with connected(web, NAME, PASSWORD) as charger:
        answers = [await say(charger) for _ in range(2)]

    assert closed.value.rcvd.code == 1011
    assert (refusal.status_code, refusal.headers["Retry-After"]) == (503, "10")
    assert answers[0] == answers[1]
    table = "booking_metersample" if message == "meter" else "booking_transaction"
    column = "measured_at" if message == "meter" else "started_at"
    counted = f"SELECT count(*) FROM {table} WHERE {column} = '{measured_at.isoformat()}'"
    assert rows(lab, counted) == [(1,)]


@pytest.mark.slow
async def test_a_database_that_hangs_is_away_too(lab, web):
    async with connected(web, NAME, PASSWORD) as charger:
        await charger.boot()
        frozen(lab)
        try:
            await charger.send("StatusNotification", {
                "connectorId": 1, "errorCode": "NoError", "status": "Available",
            })  # fmt: skip
            refusal = await refused_with(web)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                async with asyncio.timeout(60):
                    await charger.socket.recv()
        finally:
            frozen(lab, thaw=True)
    socket = await comes_in(web)
    await socket.close()

    assert refusal.status_code == 503
    assert closed.value.rcvd.code == 1011
