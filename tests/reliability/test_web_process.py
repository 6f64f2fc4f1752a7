"""A real web process: what it tells a balancer, how it leaves, what its log holds."""

import asyncio
import base64
import json
import signal
import time
import urllib.error
import urllib.request

import psycopg
import pytest
import websockets

from bench.load import ID_TAG, PASSWORD, identity
from tests.ocpp_gateway.charger import at, connected

STATIONS = 60
LOCK_SESSIONS = "LOCK TABLE booking_chargingsession IN ACCESS EXCLUSIVE MODE"
PATIENCE_S = 20


def readiness(server):
    """Status and body of /readyz; none once nobody listens any more."""
    url = f"http://127.0.0.1:{server.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)
    except OSError:
        return None


def until(question, wanted):
    deadline = time.monotonic() + PATIENCE_S
    while (found := question()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def checks(**others):
    return {"database": "ok", "migrations": "ok", "draining": "no", "redis": "ok", **others}


def test_without_redis_it_is_degraded_and_works_without_the_database_it_is_not_ready(lab, web):
    redis, postgres = lab.engines["redis"], lab.engines["postgres"]
    until(lambda: readiness(web), (200, {"status": "ok", "checks": checks()}))

    redis.kill()
    degraded = {"status": "degraded", "checks": checks(redis="not reachable")}
    until(lambda: readiness(web), (200, degraded))
    redis.start()
    until(lambda: readiness(web), (200, {"status": "ok", "checks": checks()}))

    postgres.kill()
    away = {"status": "unavailable", "checks": checks(database="not writable")}
    until(lambda: readiness(web), (503, away))
    postgres.start()
    until(lambda: readiness(web), (200, {"status": "ok", "checks": checks()}))


async def test_sigterm_closes_stations_in_stages_with_1012_and_finishes_open_calls(lab, web):
    loop = asyncio.get_running_loop()
    idle = [await socket_of(web, number) for number in range(1, STATIONS)]
    async with connected(web, identity(0), PASSWORD) as charger:
        begun = await charger.start(ID_TAG)
        with psycopg.connect(lab.environment["DATABASE_URL"]) as blocker:
            blocker.execute(LOCK_SESSIONS)
            sent = await charger.send(
                "StopTransaction",
                {"transactionId": begun["transactionId"], "meterStop": 700, "timestamp": at()},
            )
            await asyncio.to_thread(until, lambda: waiting(blocker), 1)
            web.process.send_signal(signal.SIGTERM)
            closed_at = await asyncio.gather(*[closed(one, loop) for one in idle])
            ready = await asyncio.to_thread(readiness, web)
            newcomer = await refusal_of(web, 1)
            blocker.rollback()
        answer = await charger.receive()
        with pytest.raises(websockets.ConnectionClosed):
            await charger.socket.recv()

    draining = {"status": "unavailable", "checks": checks(draining="yes")}
    assert (ready, newcomer) == ((503, draining), 503)
    assert max(closed_at) - min(closed_at) > 0.05  # not all at once
    assert (answer, charger.socket.close_code) == ([3, sent, {}], 1012)
    assert await asyncio.to_thread(web.process.wait, PATIENCE_S) == -signal.SIGTERM


async def test_a_request_of_ours_that_is_open_may_still_be_answered(lab, web):
    async with connected(web, identity(0), PASSWORD) as charger:
        await charger.boot()
        asking = asyncio.create_task(
            asyncio.to_thread(lab.manage, "station", "call", identity(0), "ClearCache", "{}")
        )
        request = await charger.next_request()

        web.process.send_signal(signal.SIGTERM)
        draining = {"status": "unavailable", "checks": checks(draining="yes")}
        await asyncio.to_thread(until, lambda: readiness(web), (503, draining))
        await charger.answer(request, {"status": "Accepted"})

        assert json.loads(await asking) == {"status": "Accepted"}
        with pytest.raises(websockets.ConnectionClosed):
            await charger.socket.recv()
    assert charger.socket.close_code == 1012


def waiting(connection):
    """How many wait for a lock."""
    return connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]


async def socket_of(web, number):
    credentials = base64.b64encode(f"{identity(number)}:{PASSWORD}".encode()).decode()
    return await websockets.connect(
        f"{web.url}/ocpp/{identity(number)}",
        additional_headers={"Authorization": f"Basic {credentials}"},
        subprotocols=["ocpp1.6"],
    )


async def closed(socket, loop):
    """When it was closed, and that it was with 1012."""
    await asyncio.wait_for(socket.wait_closed(), PATIENCE_S)
    assert socket.close_code == 1012
    return loop.time()


async def refusal_of(web, number):
    try:
        await socket_of(web, number)
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code
