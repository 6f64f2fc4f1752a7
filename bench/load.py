"""Stations as load: `python -m bench.load --url ws://… --kind meter --stations 100 --seconds 5`.

Closed loop: each station sends its next request when the last is answered. Prints one JSON line.
"""

import argparse
import asyncio
import base64
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
import websockets

PASSWORD = "bench-password-0123"  # noqa: S105 -- of stations that live for a minute
ID_TAG = "BENCH"
Payloads = Iterator[tuple[str, dict[str, Any]]]


def identity(number: int) -> str:
    return f"B{number:05d}"


def now_text(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def meter_values(transaction_id: int) -> dict[str, Any]:
    """Eight samples, as a three-phase station sends them."""
    samples = [
        {"value": str(next(_register)), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": "11040", "measurand": "Power.Active.Import", "unit": "W"},
        *(
            {"value": "16.0", "measurand": "Current.Import", "phase": phase, "unit": "A"}
            for phase in ("L1", "L2", "L3")
        ),
        *(
            {"value": "230.1", "measurand": "Voltage", "phase": phase, "unit": "V"}
            for phase in ("L1", "L2", "L3")
        ),
    ]
    value = {"timestamp": now_text(), "sampledValue": samples}
    return {"connectorId": 1, "transactionId": transaction_id, "meterValue": [value]}


_register = itertools.count(1)


class Station:
    """One socket and what it measured."""

    def __init__(self, url: str, number: int) -> None:
        credentials = f"{identity(number)}:{PASSWORD}".encode()
        self.url = f"{url}/ocpp/{identity(number)}"
        self.headers = {"Authorization": "Basic " + base64.b64encode(credentials).decode()}
        self.latencies: list[float] = []
        self.ids = itertools.count(1)
        self.socket: Any = None

    async def connect(self) -> None:
        self.socket = await websockets.connect(
            self.url,
            additional_headers=self.headers,
            subprotocols=[websockets.Subprotocol("ocpp1.6")],
            compression=None,
            ping_interval=None,
            open_timeout=60,
        )

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps([2, str(next(self.ids)), action, payload], separators=(",", ":"))
        before = time.perf_counter()
        await self.socket.send(text)
        frame = json.loads(await self.socket.recv())
        self.latencies.append(time.perf_counter() - before)
        answer: dict[str, Any] = frame[2] if frame[0] == 3 else {}  # noqa: PLR2004 -- CALLRESULT
        return answer

    async def begin(self) -> int:
        start = {
            "connectorId": 1, "idTag": ID_TAG, "meterStart": next(_register), "timestamp": now_text(),
        }  # fmt: skip
        answer = await self.call("StartTransaction", start)
        return int(answer.get("transactionId", 1))


async def heartbeat(station: Station) -> None:
    await station.call("Heartbeat", {})


async def status(station: Station) -> None:
    word = ("Available", "Preparing")[next(_register) % 2]
    await station.call(
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": now_text()},
    )


async def boot(station: Station) -> None:
    vendor = {"chargePointVendor": "Bench", "chargePointModel": "Model", "firmwareVersion": "1.0"}
    await station.call("BootNotification", vendor)


async def start_stop(station: Station) -> None:
    transaction_id = await station.begin()
    stop = {"transactionId": transaction_id, "meterStop": next(_register) + 10_000_000}
    await station.call("StopTransaction", {**stop, "timestamp": now_text(1)})
    station.latencies.pop()  # a pair counts once


async def meter(station: Station) -> None:
    if not hasattr(station, "transaction_id"):
        station.transaction_id = await station.begin()  # type: ignore[attr-defined]
        station.latencies.clear()
    await station.call("MeterValues", meter_values(station.transaction_id))  # type: ignore[attr-defined]


async def handshake(station: Station) -> None:
    before = time.perf_counter()
    await station.connect()
    station.latencies.append(time.perf_counter() - before)
    station.socket.transport.abort()


KINDS: dict[str, Callable[[Station], Any]] = {
    "heartbeat": heartbeat,
    "status": status,
    "boot": boot,
    "start-stop": start_stop,
    "meter": meter,
    "handshake": handshake,
}


async def drive(url: str, kind: str, stations: int, seconds: float, first: int) -> dict[str, Any]:
    """Load of one kind for some seconds, after a warm-up that counts for nothing."""
    fleet = [Station(url, first + number) for number in range(stations)]
    if kind != "handshake":
        await connect_all(fleet)
    act = KINDS[kind]
    await asyncio.gather(*[act(station) for station in fleet])
    print("warm", flush=True)
    for station in fleet:
        station.latencies.clear()
    until = time.perf_counter() + seconds

    async def loop(station: Station) -> None:
        while time.perf_counter() < until:
            await act(station)

    began = time.perf_counter()
    await asyncio.gather(*[loop(station) for station in fleet])
    took = time.perf_counter() - began
    print("done", flush=True)
    latencies = sorted(latency for station in fleet for latency in station.latencies)
    for station in fleet:
        if kind != "handshake":
            station.socket.transport.abort()
    return {
        "acked": len(latencies),
        "seconds": took,
        "p50_ms": statistics.median(latencies) * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
    }


async def connect_all(fleet: list[Station], at_once: int = 200) -> None:
    limit = asyncio.Semaphore(at_once)

    async def connect(station: Station) -> None:
        async with limit:
            await station.connect()

    await asyncio.gather(*[connect(station) for station in fleet])


async def idle(url: str, stations: int) -> dict[str, Any]:
    """Connect, say so, wait for a line, cut all at once, say how long until all are back."""
    fleet = [Station(url, number) for number in range(stations)]
    await connect_all(fleet)
    print("warm", flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, input)
    for station in fleet:
        station.socket.transport.abort()
    began = time.perf_counter()
    await connect_all(fleet, at_once=500)
    took = time.perf_counter() - began
    print("done", flush=True)
    for station in fleet:
        station.socket.transport.abort()
    return {"stations": stations, "back_after_s": took}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--kind", choices=[*KINDS, "idle"], required=True)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    if args.kind == "idle":
        result = uvloop.run(idle(args.url, args.stations))
    else:
        result = uvloop.run(drive(args.url, args.kind, args.stations, args.seconds, args.first))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
