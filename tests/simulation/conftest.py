import asyncio

import pytest

from cpms.simulation.clock import Clock
from cpms.simulation.fleet import Fleet
from cpms.simulation.physics import Outlet
from cpms.simulation.world import Backoff, Manners, StationSpec, World
from tests.simulation.csms import Csms

AC = Outlet(22_000)
DC = Outlet(50_000, phases=0, volts=400, fixed_cable=True)
CP1 = StationSpec("CP1", "key-of-one", (AC, AC), time_zone="Europe/Amsterdam")
CP2 = StationSpec("CP2", "key-of-two", (DC,))
IMPATIENT = Manners(call_timeout_s=0.3, boot_s=0.05, drain_s=2, backoff=Backoff(0.05, 0.2))


@pytest.fixture
async def csms():
    async with Csms({"CP1": CP1.password, "CP2": CP2.password}) as running:
        yield running
    assert running.faults == []


@pytest.fixture
def world(csms):
    """Impatient stations that sample every second."""
    presets = {"MeterValueSampleInterval": "1", "TransactionMessageRetryInterval": "0"}
    return World(csms.url, Clock(), IMPATIENT, presets=presets)


@pytest.fixture
async def fleet(world, csms):
    """CP1 (two AC sockets) and CP2 (DC), registered; nobody comes."""
    async with Fleet(world, [CP1, CP2]) as running:
        await running.all_registered()
        # four connectors and two stations told their status
        await csms.until(lambda: csms.actions().count("StatusNotification") == 5)
        yield running


async def until(holds, timeout_s=10):
    """Wait for what no message tells."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
