"""One run of the simulated grid operators from start to end, and their page."""

import asyncio
import contextlib
import html
import signal
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from cpms.simulation.dso.capacity import CapacityProvider
from cpms.simulation.dso.vtn import Vtn
from cpms.simulation.emsp.server import Server
from cpms.simulation.emsp.wire import Answer, Request

OSCP, OPENADR = ("oscp", "cp", "2.0"), ("openadr3",)
LATEST = 20

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. `invitation`: the flexibility provider's URL and token A, where the capacity
    provider is not registered yet. `memory`: where it keeps that."""

    group: str = "DEMO"
    target: str = "DEMO"
    full_kw: float = 100.0
    host: str = "127.0.0.1"
    port: int = 0
    invitation: tuple[str, str] | None = None
    memory: Path | None = None
    seconds: float | None = None


class Operators:
    """Answers whatever comes to their port."""

    def __init__(self, order: Order, show: Show) -> None:
        self.provider = CapacityProvider(order.group, order.full_kw, order.memory, show)
        self.vtn = Vtn(order.target, order.full_kw)

    def live_at(self, url: str) -> None:
        self.provider.url = f"{url}/{'/'.join(OSCP)}"
        self.vtn.url = f"{url}/{'/'.join(OPENADR)}"

    async def __call__(self, request: Request) -> Answer | None:
        path = request.path
        if path[: len(OSCP)] == OSCP and len(path) == len(OSCP) + 1:
            return await self.provider.answer(request, path[-1])
        if path[:1] == OPENADR:
            return await self.vtn.answer(request, path[1:])
        if path == () and request.method == "GET":
            return Answer(HTTPStatus.OK, self._page().encode(), "text/html; charset=utf-8")
        return Answer(HTTPStatus.NOT_FOUND)

    def _page(self) -> str:
        heard = "".join(
            f"<li>{html.escape(action)} <code>{html.escape(str(body)[:300])}</code></li>"
            for action, body in self.provider.heard[: -LATEST - 1 : -1]
        )
        reports = "".join(
            f"<li><code>{html.escape(str(one)[:300])}</code></li>"
            for one in self.vtn.reports[: -LATEST - 1 : -1]
        )
        return (
            "<!doctype html><title>Simulated grid operators</title><h1>Simulated grid operators</h1>"
            f"<h2>OSCP 2.0: what the CPMS said</h2><ul>{heard or '<li>nothing yet</li>'}</ul>"
            f"<h2>OpenADR 3.1: reports</h2><ul>{reports or '<li>none yet</li>'}</ul>"
        )


async def run(order: Order, show: Show) -> None:
    """Run them; `show` gets a line for what people should know. Raises OSError for a port or a
    file that cannot be used."""
    operators = Operators(order, show)
    interrupted, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    async with Server(operators, order.host, order.port) as server:
        operators.live_at(server.url)
        show(f"Grid operators listen at {server.url}/")
        work = [
            asyncio.create_task(operators.provider.live(order.invitation)),
            asyncio.create_task(operators.vtn.live()),
        ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(order.seconds):
                await interrupted.wait()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
