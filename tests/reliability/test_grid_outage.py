"""A site whose grid operators and battery are all cut off at the same time, while cars charge: it
stays within its limits, those for an operator's absence among them, and all heals alone.

Real processes (web, worker, beat, poller) on engines of their own; `pyoscp` as an OSCP 2.0 peer,
a VTN of OpenADR 3, a SunSpec battery on Modbus TCP, stations on OCPP. `OUTAGE_PHASE_S` shortens
the ten minutes.
"""

import asyncio
import os
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bench.load import ID_TAG, PASSWORD, identity
from bench.servers import free_port
from cpms.simulation.physics import Car, Outlet
from cpms.simulation.site import devices
from cpms.simulation.site.run import serve, stop
from cpms.simulation.station import Station
from cpms.simulation.world import StationSpec, World
from tests.dso.capacity_provider import Peer, forecast, overdue
from tests.dso.vtn import Vtn
from tests.reliability.conftest import WEB
from tests.reliability.processes import POLLER, WORKER, asked, beat, running, until

pytestmark = pytest.mark.slow

LEAST_S = 90  # a battery's reversion, and a VTN's absence, must be over
OUTAGE_S = max(float(os.environ.get("OUTAGE_PHASE_S", "600")), LEAST_S)
PEERS_PATIENCE_S = 240  # within which an OSCP peer that says nothing counts as away
PLACE, FIRST, STATIONS = "BENCH19", 190, 4  # of `bench.seed`
NORTH_KW, FALLBACK_KW, SOUTH_KW, BATTERY_KW = 40, 12, 30, 20
THERE_KW, AWAY_KW = NORTH_KW + SOUTH_KW, FALLBACK_KW + SOUTH_KW
FOLLOWS_S = 5  # from a new limit to cars that keep to it
SETUP = """
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from dso.services import keeping
from energy.models import Battery, PowerSharing, SupplyContract, SupplySource
from stations.models import ChargingStation
now = timezone.now()
place = ChargingStation.objects.get(identity={identity!r}).location
sources = []
for name, price in (("North", "0.10"), ("South", "0.90")):
    source = SupplySource.objects.create(location=place, name=name, import_limit_kw=60)
    SupplyContract.objects.create(source=source, kind="FLAT", price_kwh=Decimal(price), valid_from=now)
    sources.append(source)
Battery.objects.create(
    location=place, name="Battery", host="127.0.0.1", port={battery}, sign=1,
    capacity_kwh=200, charge_kw={kw}, discharge_kw={kw},
)
PowerSharing.objects.create(location=place, fuse_a=400)
north = keeping.add_peer(name="North", base_url={oscp!r}, token_a="token-A", now=now)
keeping.link(dso=north, source=sources[0], group="G1", now=now)
south = keeping.add_vtn(
    fields=dict(name="South", base_url={vtn!r}, version="3.1.0", client_id="ven-client",
                ven_name="VEN", poll_every_s=5),
    secret="ven-secret-long", now=now,
)
keeping.link(dso=south, source=sources[1], now=now)
"""
STATES = "SELECT state FROM dso_dso ORDER BY name"
HELD_SINCE = "SELECT since FROM energy_fallbackhold"
OUT_OF_PLAN = "SELECT out_of_plan FROM energy_battery"
BRING_FORWARD = "UPDATE dso_dso SET away_at = now() WHERE name = 'North' RETURNING id"


class Site:
    """What the cars draw, the battery gives and the grid therefore bears, ten times a second."""

    def __init__(self, stations, battery):
        self.stations, self.battery = stations, battery
        self.samples = []

    @property
    def cars(self):
        return [one for station in self.stations for one in station.charging.connectors.values()]

    @property
    def cars_kw(self):
        return sum(one.power_w for one in self.cars) / 1000

    @property
    def grid_kw(self):
        return self.cars_kw - self.battery.power_kw

    async def look_on(self):
        while True:
            self.samples.append((datetime.now(UTC), self.grid_kw))
            await asyncio.sleep(0.1)

    async def let_time_pass(self):
        """For the battery."""
        while True:
            await asyncio.sleep(0.5)
            self.battery.step(0.5)

    def longest_over_s(self, limit_at):
        """For how long the grid bore more than the limit, at a stretch."""
        longest, since = 0.0, None
        for at, kw in self.samples:
            if kw <= limit_at(at) + 0.01:
                since = None
                continue
            since = since or at
            longest = max(longest, (at - since).total_seconds())
        return longest

    def first_within(self, limit_kw, since):
        return next(at for at, kw in self.samples if at >= since and kw <= limit_kw)


class Battery:
    """The simulated battery's server, which can be cut off."""

    def __init__(self, device):
        self.device, self.port, self._server = device, free_port(), None

    async def join(self):
        self._server = await serve(self.device, self.port)

    async def leave(self):
        await stop(self._server)
        self._server = None


class North:
    """`pyoscp` with its background job."""

    def __init__(self, directory):
        self.peer = Peer(directory).knows(
            {"token-A": {"register": {"token": None, "base_url": None}}}
        )
        self.url = f"http://127.0.0.1:{self.peer.port}/oscp/cp/2.0"

    async def join(self):
        await asyncio.to_thread(self.peer.__enter__)
        self._leaving = asyncio.Event()
        self._job = asyncio.create_task(self._work())

    async def _work(self):
        while not self._leaving.is_set():
            await asyncio.to_thread(self.peer.do, "tick")
            await asyncio.sleep(1)

    async def rest(self):
        """Its job is not at work any more."""
        self._leaving.set()
        await self._job

    async def leave(self):
        await self.rest()
        await asyncio.to_thread(self.peer.__exit__)

    async def say(self, *bodies):
        await self.rest()
        for body in bodies:
            assert await asyncio.to_thread(
                lambda body=body: self.peer.do("forecast", body=body)
            ) == [204, ""]
        self._leaving.clear()
        self._job = asyncio.create_task(self._work())


@asynccontextmanager
async def at_work(*works):
    tasks = [asyncio.create_task(one) for one in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def deployment(lab, tmp_path, monkeypatch):
    """A web process's port; worker, beat and poller serve it."""
    port = free_port()
    monkeypatch.setitem(lab.environment, "CPMS_EGRESS_ALLOW", "127.0.0.0/8")
    monkeypatch.setitem(lab.environment, "CPMS_PUBLIC_URL", f"http://127.0.0.1:{port}")
    with (
        lab.serve(*WEB, port=port),
        running(lab, WORKER, beat(tmp_path / "schedule"), POLLER),
    ):
        yield port


def fleet(port):
    world = World(
        f"ws://127.0.0.1:{port}/ocpp/{{identity}}", presets={"MeterValueSampleInterval": "5"}
    )
    outlets = (Outlet(22_000), Outlet(22_000))
    return [
        Station(StationSpec(identity(FIRST + number), PASSWORD, outlets), world)
        for number in range(STATIONS)
    ]


async def charge(station):
    """A car at each outlet."""
    await station.registered.wait()
    for number in station.charging.connectors:
        station.charging.plug_in(number, Car(2_000_000, 10_000, 22_000))
        assert await station.charging.present(number, ID_TAG)


def vtn_with_a_limit():
    vtn = Vtn("3.1.0")
    vtn.program()
    vtn.event(
        [{"IMPORT_CAPACITY_LIMIT": SOUTH_KW}],
        start=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        length="PT5H",
    )
    return vtn


async def test_all_that_a_site_hears_from_is_cut_off_at_once(lab, deployment, tmp_path):
    battery, north = Battery(devices.Battery(rated_kw=BATTERY_KW)), North(tmp_path)
    site = Site(fleet(deployment), battery.device)
    with vtn_with_a_limit() as vtn:
        async with at_work(site.let_time_pass()):
            await battery.join()
            await north.join()
            try:
                await asyncio.to_thread(
                    lab.run,
                    SETUP.format(
                        identity=identity(FIRST),
                        battery=battery.port,
                        kw=BATTERY_KW,
                        oscp=north.url,
                        vtn=vtn.url,
                    ),
                )
                await story(lab, site, north, vtn, battery)
            finally:
                await battery.leave()
                await north.leave()
                north.peer.errors.close()


async def story(lab, site, north, vtn, battery):
    for station in site.stations:
        station.start()
    try:
        await begin(lab, site, north)
        async with at_work(site.look_on()):
            held_since = await outage(lab, site, north, vtn, battery)
            back_at = datetime.now(UTC)
            healed_s = await recovery(lab, site, north, vtn, battery)
    finally:
        await asyncio.gather(*(station.stop() for station in site.stations))

    def limit_at(at):
        return AWAY_KW if held_since <= at < back_at else THERE_KW

    told_s = (site.first_within(AWAY_KW, held_since) - held_since).total_seconds()
    over_s = site.longest_over_s(limit_at)
    print(
        f"\n{OUTAGE_S:g} s without DSOs and battery: cars within the fallback {told_s:.1f} s after "
        f"it held, {over_s:.1f} s over a limit at most, all healed {healed_s:.1f} s after the return"
    )
    assert told_s <= FOLLOWS_S
    assert over_s <= FOLLOWS_S


async def begin(lab, site, north):
    """All are there; the cars draw what both sources and the battery give."""
    await until(lambda: asked(lab, STATES) == ["connected", "connected"])
    now = datetime.now(UTC)
    await north.say(
        forecast(now, NORTH_KW, 5), forecast(now, FALLBACK_KW, 5, "FALLBACK_CONSUMPTION")
    )
    await asyncio.gather(*map(charge, site.stations))
    await until(lambda: lab.manage("energy", "dispatch", PLACE) and site.battery.power_kw > 0)
    await until(lambda: site.cars_kw > THERE_KW + BATTERY_KW / 2)


async def outage(lab, site, north, vtn, battery):
    """Returns since when the fallback held."""
    began = time.monotonic()
    vtn.is_broken = True
    await asyncio.gather(north.leave(), battery.leave())
    if OUTAGE_S < PEERS_PATIENCE_S:
        asked(lab, BRING_FORWARD)
    await until(lambda: asked(lab, HELD_SINCE), within_s=PEERS_PATIENCE_S)
    await until(lambda: asked(lab, OUT_OF_PLAN) == ["no_answer"])
    await asyncio.sleep(OUTAGE_S - (time.monotonic() - began))
    assert asked(lab, STATES) == ["away", "away"]
    assert all(car.power_w > 0 for car in site.cars)
    assert site.battery.power_kw == 0  # by its own reversion
    (held_since,) = asked(lab, HELD_SINCE)
    return held_since


async def recovery(lab, site, north, vtn, battery):
    """Returns how many seconds it took."""
    vtn.is_broken = False
    north.peer.knows(overdue(north.peer))
    await asyncio.gather(north.join(), battery.join())

    def is_as_before():
        said = [asked(lab, one) for one in (STATES, HELD_SINCE, OUT_OF_PLAN)]
        is_healed = said == [["connected", "connected"], [], [""]]
        return is_healed and site.cars_kw > THERE_KW + BATTERY_KW / 2

    return await until(is_as_before)
