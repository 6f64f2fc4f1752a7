"""The loop: each few seconds all devices are read at the same time, and what was found stored.

A device that is slow, mute or rude costs the others nothing: each has its own connection and its
own time limit. The database may be away: set-points that are known go on until they end.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from cpms import wakeups
from energy.models import Battery, BatterySetpoint, CommissioningTest, SiteMeter
from energy.polling import commissioning
from energy.polling.polled import Counting, Polled, PolledBattery, PolledMeter
from energy.selectors import polled as selectors
from energy.services import polled as services
from energy.services.polled import Found
from energy.services.setpoints import WAKE_UP

log = logging.getLogger(__name__)

EVERY_S = 5.0
DEVICE_S = 4.0  # for one device in one round
LEAST_S = 0.5  # between two rounds, however many wake-ups come
T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)  # the database; all else is a bug
Key = tuple[str, int]
Clock = Callable[[], datetime]


class Poller:
    """All batteries and meters of this deployment."""

    def __init__(self, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self.devices: dict[Key, Polled] = {}
        self._tests: dict[int, asyncio.Task[None]] = {}
        self._last_counters: dict[Key, tuple[float, float]] | None = None
        self._database = ThreadPoolExecutor(1, thread_name_prefix="poll-db")
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                await self.round()
                with contextlib.suppress(TimeoutError):
                    await asyncio.sleep(LEAST_S)
                    async with asyncio.timeout(EVERY_S - LEAST_S):
                        await self._woken.wait()
        finally:
            listening.cancel()
            self.close()

    async def round(self) -> None:
        """Read every device once, tell batteries what to do, store what was found."""
        await self._load()
        now = self._clock()
        await asyncio.gather(*(self._poll(one, now) for one in self.devices.values()))
        await self._store()

    def close(self) -> None:
        for task in self._tests.values():
            task.cancel()
        for one in self.devices.values():
            one.forget()
        self._database.submit(connections.close_all)  # those of its thread
        self._database.shutdown(wait=False)

    async def _listen(self) -> None:
        async for _channel, _payload in wakeups.listen(WAKE_UP):
            self._woken.set()

    async def _poll(self, one: Polled, now: datetime) -> None:
        if one.lock.locked():  # still busy with the last round, or being tested
            return
        async with one.lock:
            try:
                async with asyncio.timeout(DEVICE_S):
                    await one.poll(now)
            except TimeoutError:
                one.missed("it is too slow")
            except Exception:
                log.exception("a device could not be polled", extra={"device": str(one.row)})
                one.missed("it could not be polled")

    async def _load(self) -> None:
        """What is in the database now; while it is away, what was."""
        try:
            batteries, meters, setpoints, tests = await self._ask(self._rows)
        except AWAY as fault:
            log.warning("the database is away", extra={"fault": str(fault).partition("\n")[0]})
            return
        known: dict[Key, Battery | SiteMeter] = {("battery", one.pk): one for one in batteries}
        known |= {("meter", one.pk): one for one in meters}
        for key in self.devices.keys() - known.keys():
            self.devices.pop(key).forget()
        for key, row in known.items():
            self._hold(key, row)
        for one in self.devices.values():
            if isinstance(one, PolledBattery):
                one.setpoint = setpoints.get(one.row.pk)
        for test in tests:
            self._begin(test)

    def _rows(
        self,
    ) -> tuple[list[Battery], list[SiteMeter], dict[int, BatterySetpoint], list[CommissioningTest]]:
        if self._last_counters is None:
            self._last_counters = selectors.last_counters()
        return (
            list(selectors.polled_batteries()),
            list(selectors.polled_meters()),
            selectors.setpoints_in_force(self._clock()),
            list(selectors.waiting_tests()),
        )

    def _hold(self, key: Key, row: Battery | SiteMeter) -> None:
        """Go on with a device that is as before; begin anew with one that moved."""
        held = self.devices.get(key)
        if held is not None and _address(held.row) == _address(row):
            held.row = row
            return
        if held is not None:
            held.forget()
        counting = Counting((self._last_counters or {}).get(key, (0.0, 0.0)))
        self.devices[key] = (
            PolledBattery(row, counting) if isinstance(row, Battery) else PolledMeter(row, counting)
        )

    def _begin(self, test: CommissioningTest) -> None:
        device = self.devices.get(("battery", test.battery_id))
        if isinstance(device, PolledBattery) and test.pk not in self._tests:
            task = asyncio.create_task(commissioning.run(test, device, self._ask))
            self._tests[test.pk] = task
            task.add_done_callback(lambda _: self._tests.pop(test.pk, None))

    async def _store(self) -> None:
        found = Found(counters=[one.counters for one in self.devices.values() if one.counters])
        batteries = [one for one in self.devices.values() if isinstance(one, PolledBattery)]
        meters = [one for one in self.devices.values() if isinstance(one, PolledMeter)]
        found.batteries = [one.state() for one in batteries]
        found.meters = [one.state() for one in meters]
        found.told = [one.told for one in batteries if one.told]
        try:
            await self._ask(lambda: services.store_found(found, now=self._clock()))
        except AWAY as fault:
            log.warning("a round is not stored", extra={"fault": str(fault).partition("\n")[0]})
            return
        for device in self.devices.values():
            device.counters = None
        for battery in batteries:
            battery.told = None

    async def _ask(self, work: Callable[[], T]) -> T:
        """Of the database, in its thread."""

        def at_work() -> T:
            close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._database, at_work)


def _address(row: Battery | SiteMeter) -> tuple[object, ...]:
    return (row.driver, row.host, row.port, row.unit_id, row.register_map)
