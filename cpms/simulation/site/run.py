"""Serves a site's devices until it is told to stop; every second they do what they do."""

import asyncio
import json
import logging
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pymodbus.server import ModbusTcpServer

from cpms.simulation.site.devices import FAULTS, Battery, Device, Meter, Photovoltaics, hour_of

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # a client that leaves is no fault

STEP_S = 1.0
FAULT_EVERY_S = 120.0  # a minute of health, a minute of the fault
LOAD_EVERY_S = 5
MUTE = "mute"


@dataclass(slots=True)
class Order:
    """What to simulate: a site (battery, photovoltaics, meter) on three ports from `port` on, or
    `batteries` of them alone. `load`: what vehicles draw, in kW."""

    port: int
    batteries: int = 0
    fault: str = ""
    peak_kw: float = 60.0
    time_zone: str = "UTC"
    load: Callable[[], float] = field(default=lambda: 0.0)


async def run(order: Order) -> None:
    """Until it is cancelled. Raises OSError for a port that is taken."""
    if order.batteries:
        await _many(order)
    else:
        await _site(order)


async def _many(order: Order) -> None:
    batteries = [Battery() for _ in range(order.batteries)]
    servers = [await serve(one, order.port + place) for place, one in enumerate(batteries)]
    print("ready", flush=True)  # noqa: T201 -- whoever started us waits for it
    try:
        while True:
            await asyncio.sleep(STEP_S)
            for one in batteries:
                one.step(STEP_S)
    finally:
        await asyncio.gather(*map(stop, servers))


async def _site(order: Order) -> None:
    battery, sun, meter = Battery(), Photovoltaics(order.peak_kw), Meter()
    devices: list[Device] = [battery, sun, meter]
    servers: list[ModbusTcpServer | None] = [
        await serve(one, order.port + place) for place, one in enumerate(devices)
    ]
    loop, zone = asyncio.get_running_loop(), ZoneInfo(order.time_zone)
    began, load_kw, steps, was_on = loop.time(), 0.0, 0, False
    try:
        while True:
            await asyncio.sleep(STEP_S)
            if steps % LOAD_EVERY_S == 0:
                load_kw = await asyncio.to_thread(order.load)
            steps += 1
            sun.step(STEP_S, hour_of(datetime.now(zone)))
            battery.step(STEP_S)
            meter.step(STEP_S, load_kw - sun.power_kw - battery.power_kw)
            is_on = bool(order.fault) and (loop.time() - began) % FAULT_EVERY_S > FAULT_EVERY_S / 2
            if is_on != was_on:
                servers[0] = await _toggle(order, battery, servers[0], is_on=is_on)
                was_on = is_on
    finally:
        await asyncio.gather(*map(stop, servers))


async def _toggle(
    order: Order, battery: Battery, server: ModbusTcpServer | None, *, is_on: bool
) -> ModbusTcpServer | None:
    """Begin or end the fault; a mute battery has no server."""
    FAULTS[order.fault](battery, is_on=is_on)
    if order.fault != MUTE:
        return server
    if is_on and server:
        await stop(server)
        return None
    return await serve(battery, order.port)


async def stop(server: ModbusTcpServer | None) -> None:
    if server is not None:
        await server.shutdown()  # type: ignore[no-untyped-call]


async def serve(device: Device, port: int) -> ModbusTcpServer:
    """Raises OSError."""
    server = ModbusTcpServer(device.served(), address=("127.0.0.1", port))
    if not await server.listen():
        raise OSError(f"Port {port} of the loopback cannot be used.")
    return server


def vehicles_at(url: str, email: str, password: str, location_id: str) -> Callable[[], float]:
    """What a location's vehicles draw, as the CPMS says: the cable that our meter hangs on."""
    token = ""

    def load() -> float:
        nonlocal token
        try:
            if not token:
                login = {"email": email, "password": password}
                token = _ask(f"{url}/api/v1/auth/token", body=login)["token"]
            path = f"/api/v1/locations/{quote(location_id, safe='')}/internal-status"
            status = _ask(url + path, token=token)
            return float(status["flows_kw"]["vehicles"] or 0)
        except (OSError, ValueError, LookupError, TypeError):
            token = ""
            return 0.0

    return load


def _ask(url: str, *, token: str = "", body: Any = None) -> Any:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers)  # noqa: S310 -- the operator's own server
    with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310 -- the same
        return json.load(answer)
