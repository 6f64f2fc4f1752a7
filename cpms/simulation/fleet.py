"""Many stations in one process, the people who come to them, and what befalls them."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from cpms.simulation.chance import dice
from cpms.simulation.clock import WrongClock
from cpms.simulation.drivers import bring_car, come_and_go
from cpms.simulation.memory import Memory
from cpms.simulation.physics import Outlet
from cpms.simulation.replay import (
    Habits,
    Visit,
    by_chance,
    hastened,
    recorded_sessions,
    replayed,
    slot_of,
)
from cpms.simulation.scenarios import SCENARIOS, drift, inflict
from cpms.simulation.station import Station
from cpms.simulation.world import StationSpec, World

Calendar = Callable[[Station, Outlet], Iterator[Visit]]


def replaying(speed: float = 1.0) -> Calendar:
    """Everybody repeats the recorded sessions: at speed 1 at their weekday and time of day, else
    so many times as fast and from a busy hour on."""
    slots, seen = recorded_sessions(), Counter[bool]()

    def visits(station: Station, outlet: Outlet) -> Iterator[Visit]:
        name, shift_days = slot_of(outlet, seen[outlet.is_dc], slots)
        seen[outlet.is_dc] += 1
        now = station.clock.now()
        if speed != 1:
            return hastened(slots[name], now, speed, shift_days)
        return replayed(slots[name], ZoneInfo(station.spec.time_zone), now, shift_days)

    return visits


def visiting(habits: Habits | None = None) -> Calendar:
    """People come and go by chance."""

    def visits(station: Station, outlet: Outlet) -> Iterator[Visit]:
        return by_chance(habits or Habits(), outlet, station.clock.now(), station.dice)

    return visits


class Fleet:
    """`async with Fleet(world, specs, calendar=visiting()) as fleet:` runs them all.

    Without a calendar nobody comes; tests then drive `fleet[identity]` themselves.
    """

    def __init__(
        self,
        world: World,
        specs: Sequence[StationSpec],
        *,
        id_tags: Sequence[str] = ("SIMULATED",),
        calendar: Calendar | None = None,
        scenario: str = "normal",
        memories: dict[str, Memory] | None = None,
    ) -> None:
        self.world = world
        self._scenario = SCENARIOS[scenario]
        self._dice = dice((world.seed, "fleet"))
        self._id_tags, self._calendar = tuple(id_tags), calendar
        self.stations = [self._station(spec, memories or {}) for spec in specs]
        self._by_identity = {station.identity: station for station in self.stations}
        self._tasks: list[asyncio.Task[None]] = []
        if calendar is not None:
            world.summon = bring_car

    def __getitem__(self, identity: str) -> Station:
        return self._by_identity[identity]

    async def __aenter__(self) -> Self:
        for station in self.stations:
            station.start()
            if self._calendar is not None:
                self._populate(station, self._calendar)
        for fault in self._scenario.faults:
            self._spawn(inflict(fault, self.stations, self._dice))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._send_home()
        await asyncio.gather(*(station.stop() for station in self.stations))
        if self.world.ledger is not None:
            self.world.ledger.close()

    async def wind_up(self, timeout_s: float) -> None:
        """Nobody comes any more, every car leaves, and stations tell what they owe for that, for
        so long at most."""
        await self._send_home()
        for station in self.stations:
            station.go_online()
            station.charging.end_all("Local")
            for number in station.charging.connectors:
                station.charging.unplug(number)
        try:
            await self.all_delivered(timeout_s)
            online = [station for station in self.stations if station.registered.is_set()]
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(*(station.statuses.told() for station in online))
        except TimeoutError:
            return

    async def all_registered(self, timeout_s: float = 30) -> None:
        """Return once the CSMS has accepted every station. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await asyncio.gather(*(station.registered.wait() for station in self.stations))

    async def all_delivered(self, timeout_s: float = 30) -> None:
        """Return once no station owes a message. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await asyncio.gather(*(station.outbox.drained() for station in self.stations))

    def summary(self) -> dict[str, Any]:
        """Where the fleet stands and what happened so far, ready for JSON."""
        connectors = [c for station in self.stations for c in station.charging.connectors.values()]
        return {
            "stations": {
                "simulated": len(self.stations),
                "accepted": sum(station.was_accepted for station in self.stations),
                "connected": sum(station.registered.is_set() for station in self.stations),
            },
            "charging": {
                "connectors": sum(c.transaction is not None for c in connectors),
                "power_w": round(sum(c.power_w for c in connectors)),
            },
            "owed": sum(len(station.memory.queue) for station in self.stations),
            **self.world.tally.as_json(),
        }

    def memories(self) -> dict[str, Any]:
        """What the stations would keep if the power went now, ready for JSON: a picture that no
        later event changes."""
        for station in self.stations:
            station.charging.remember_meters()
        return {station.identity: station.memory.as_json() for station in self.stations}

    def _station(self, spec: StationSpec, memories: dict[str, Memory]) -> Station:
        memory = memories.get(spec.identity)
        if memory is not None and memory.key != spec.password:
            memory.former_key = spec.password
        clock = None
        if self._scenario.clock_drift_s:
            clock = WrongClock(self.world.clock, drift(self._scenario, self._dice))
        return Station(spec, self.world, memory, clock)

    def _populate(self, station: Station, calendar: Calendar) -> None:
        for number, outlet in enumerate(station.spec.outlets, start=1):
            luck = dice((self.world.seed, station.identity, number))
            visits = calendar(station, outlet)
            self._spawn(come_and_go(station, number, visits, self._id_tags, luck))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(_complain)
        self._tasks.append(task)

    async def _send_home(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "a visit failed", "exception": fault})


def save_memories(path: Path, memories: dict[str, Any]) -> None:
    """Write them so that a crash leaves the old or the new ones; only the owner may read."""
    fresh = path.with_suffix(".fresh")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(memories))
    fresh.replace(path)


def load_memories(path: Path) -> dict[str, Memory]:
    """What `save_memories` wrote; nothing when it is missing or from another release."""
    try:
        document = json.loads(path.read_text())
        return {identity: Memory.from_json(entry) for identity, entry in document.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
