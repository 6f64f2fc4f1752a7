"""One run of a simulated fleet from start to end, and what it found."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cpms.simulation.clock import Clock
from cpms.simulation.fleet import Fleet, load_memories, replaying, save_memories, visiting
from cpms.simulation.fleet_file import FleetPlan
from cpms.simulation.ledger import Ledger
from cpms.simulation.rude import Door
from cpms.simulation.rude.report import Verdict, observe
from cpms.simulation.scenarios import SCENARIOS, Scenario, lose_start_answer
from cpms.simulation.world import Manners, World

LOOK_S = 1.0
SAVE_EVERY = 5  # looks
WIND_UP_S = 10.0
SAMPLE_INTERVAL_S = 10
CATCH_UP_SPEED = 60.0

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. `seconds` None: until interrupted. `recorded`: drivers repeat the recorded
    sessions, `speed` times as fast; else short ones by chance. The stations begin to live
    `behind` ago, quickly, and then in real time. With `memory` they go on with what they had and
    leave cars plugged in at the end; without, everybody leaves and all is told."""

    url: str
    plan: FleetPlan
    scenario: str = "normal"
    seconds: float | None = None
    recorded: bool = False
    speed: float = 1.0
    behind: timedelta = timedelta(0)
    memory: Path | None = None
    ledger: Path | None = None
    seed: int = 1

    @property
    def faults(self) -> Scenario:
        return SCENARIOS[self.scenario]


@dataclass(slots=True)
class Report:
    """`summary` is ready for JSON; `wrongs` says why the run did not go well, in one line each."""

    summary: dict[str, Any]
    verdicts: list[Verdict] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)


async def run(order: Order, show: Show) -> Report:
    """Run it; `show` gets a line about the state of affairs every second. Ends after
    `order.seconds`, when a rude station has no more ideas, or at SIGINT or SIGTERM (a second
    signal cuts the farewell short). Raises OSError for a ledger that cannot be written."""
    memories = load_memories(order.memory) if order.memory else {}
    world = _world(order)
    specs = order.plan.stations
    honest = specs[:-1] if order.faults.is_rude else specs
    calendar = replaying(order.speed) if order.recorded else visiting()
    fleet = Fleet(
        world,
        honest,
        id_tags=order.plan.id_tags,
        calendar=calendar,
        scenario=order.scenario,
        memories=memories,
    )
    verdicts: list[Verdict] = []
    with _signals() as interrupted:
        async with fleet:
            work = [asyncio.create_task(_watch(fleet, order, show))]
            if order.faults.is_rude:
                work.append(asyncio.create_task(_be_rude(fleet, order, verdicts, show)))
            await _until_over(work, interrupted, order.seconds)
            if order.memory is None:
                await _unless(interrupted, fleet.wind_up(WIND_UP_S))
            summary = fleet.summary()
    if order.memory is not None:
        save_memories(order.memory, fleet.memories())
    wrongs = [*_wrongs(fleet, order, summary), *_rude_wrongs(verdicts)]
    return Report(summary, verdicts, wrongs)


def _world(order: Order) -> World:
    behind = order.behind
    if order.memory is not None and order.memory.exists():
        # Never live again through what an earlier run has told already.
        saved_at = datetime.fromtimestamp(order.memory.stat().st_mtime, UTC)
        behind = max(timedelta(0), min(behind, datetime.now(UTC) - saved_at))
    return World(
        url=order.url,
        clock=Clock(CATCH_UP_SPEED, behind),
        manners=Manners(call_timeout_s=order.faults.call_timeout_s),
        ledger=Ledger(order.ledger) if order.ledger else None,
        presets={"MeterValueSampleInterval": str(SAMPLE_INTERVAL_S), **order.faults.presets},
        seed=order.seed,
    )


@contextlib.contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Set by SIGINT and SIGTERM as long as the context lasts."""
    interrupted, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    try:
        yield interrupted
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _until_over(
    work: list[asyncio.Task[None]], interrupted: asyncio.Event, seconds: float | None
) -> None:
    """Until the last of the work is done, a signal comes or the time is over."""
    signalled = asyncio.create_task(interrupted.wait())
    tasks: list[asyncio.Task[Any]] = [work[-1], signalled]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in (*work, signalled):
        task.cancel()
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _unless(interrupted: asyncio.Event, farewell: Any) -> None:
    """Say farewell, or break off at the next signal."""
    interrupted.clear()
    work = [asyncio.create_task(farewell), asyncio.create_task(interrupted.wait())]
    await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)


async def _watch(fleet: Fleet, order: Order, show: Show) -> None:
    """Show how things go; keep what the stations remember; say once what an operator must do."""
    advised: set[str] = set()
    async for looks in _every(LOOK_S):
        show(line(fleet))
        for error in set(fleet.world.tally.errors) & ADVICE.keys() - advised:
            advised.add(error)
            show(ADVICE[error])
        if order.memory is not None and looks % SAVE_EVERY == 0:
            await asyncio.to_thread(save_memories, order.memory, fleet.memories())


async def _every(seconds: float) -> AsyncIterator[int]:
    looks = 0
    while True:
        await asyncio.sleep(seconds)
        looks += 1
        yield looks


async def _be_rude(fleet: Fleet, order: Order, verdicts: list[Verdict], show: Show) -> None:
    spec = order.plan.stations[-1]
    door = Door(order.url, spec.identity, spec.password, id_tag=order.plan.id_tags[0])
    canary = partial(fleet.stations[0].call, "Heartbeat", {}) if fleet.stations else door.behave
    with contextlib.suppress(TimeoutError):
        await fleet.all_registered()
    async for verdict in observe(door, canary):
        verdicts.append(verdict)
        show(verdict.line())


def line(fleet: Fleet) -> str:
    """The state of affairs."""
    now = fleet.summary()
    stations, charging, latency = now["stations"], now["charging"], now["latency_ms"]
    return (
        f"{stations['connected']}/{stations['simulated']} connected | "
        f"{charging['connectors']} charging, {charging['power_w'] / 1000:.1f} kW | "
        f"{now['sessions']['ended']} sessions ended | "
        f"{now['messages']['acknowledged']} of {now['messages']['sent']} messages acknowledged | "
        f"p95 {latency['p95'] or 0:.0f} ms"
    )


ADVICE = {
    "http_401": (
        "The server refuses the stations' passwords (401). Import the fleet file there "
        "(manage.py fleet import FILE), or pass the one that was imported with --fleet FILE."
    ),
    "http_404": (
        "The server does not know the stations (404). Import the fleet file there first: "
        "manage.py fleet import FILE (the demo's is cpms/simulation/demo/fleet.json)."
    ),
    "http_400": "The server shares no sub-protocol with the stations (400); they speak ocpp1.6.",
    "ConnectionRefusedError": "Nobody listens at that address. Is the server running?",
    "gaierror": "The host name in --url cannot be resolved.",
}


def _wrongs(fleet: Fleet, order: Order, summary: dict[str, Any]) -> list[str]:
    tally, stations = fleet.world.tally, summary["stations"]
    wrongs = []
    if never := stations["simulated"] - stations["accepted"]:
        wrongs.append(f"{never} of {stations['simulated']} stations were never accepted.")
        wrongs += [ADVICE[error] for error in tally.errors if error in ADVICE]
    if refused := tally.refused.total():
        wrongs.append(f"The server refused {refused} messages of honest stations (CALLERROR).")
    is_planned = any(fault.deed is lose_start_answer for fault in order.faults.faults)
    if tally.given_up and not is_planned:
        wrongs.append(f"{tally.given_up.total()} transaction messages were given up.")
    if order.memory is None and summary["owed"]:
        wrongs.append(f"{summary['owed']} transaction messages were not delivered in time.")
    return wrongs


def _rude_wrongs(verdicts: list[Verdict]) -> list[str]:
    return [f"{v.name}: {'; '.join(v.wrongs)}" for v in verdicts if v.wrongs]


def first(plan: FleetPlan, stations: int) -> FleetPlan:
    """The plan with its first so many stations only."""
    return replace(plan, stations=plan.stations[:stations])
