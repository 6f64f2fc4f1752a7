"""The simulated site: real SunSpec devices, read here as any client would."""

import asyncio

import pytest

from cpms.simulation.site import devices
from cpms.simulation.site.devices import Battery, Meter, Photovoltaics
from cpms.simulation.site.run import serve
from energy.polling.devices import SunSpecDevice
from energy.polling.link import ExceptionAnswer, Link, NoAnswer


@pytest.fixture(autouse=True)
def _loopback_allowed(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


async def opened(server):
    port = server.transport.sockets[0].getsockname()[1]
    link = Link("127.0.0.1", port, 1)
    await link.open()
    device = SunSpecDevice(link)
    await device.open()
    return link, device


async def test_the_battery_does_what_it_is_told_and_rests_when_nobody_says_more():
    battery = Battery()
    server = await serve(battery, 0)
    link, device = await opened(server)

    await device.command(-50, 60)
    battery.step(30)
    charging = await device.battery()
    battery.step(31)
    resting = await device.battery()
    link.close()
    await server.shutdown()

    assert (charging.power_kw, resting.power_kw) == (-50, 0)
    assert charging.soc == pytest.approx(0.5 + 50 * 30 / 3600 * 0.95 / 200, abs=1e-4)
    assert charging.charged_kwh == pytest.approx(50 * 30 / 3600, abs=0.001)
    assert device.ratings.charge_kw == 100


async def test_sun_and_meter_count_what_they_see():
    sun, meter = Photovoltaics(60), Meter()
    servers = [await serve(one, 0) for one in (sun, meter)]
    sun.step(3600, 13.0)
    meter.step(3600, -12.5)

    found = []
    for server in servers:
        link, device = await opened(server)
        found.append(await device.meter())
        link.close()
    await asyncio.gather(*(server.shutdown() for server in servers))

    assert (found[0].power_kw, found[0].import_kwh) == (60, 60)
    assert (found[1].power_kw, found[1].import_kwh, found[1].export_kwh) == (-12.5, 0, 12.5)


async def test_faults_are_seen_from_outside():
    battery = Battery()
    server = await serve(battery, 0)
    _link, device = await opened(server)

    devices.FAULTS["local"](battery, is_on=True)
    local = (await device.battery()).trouble
    devices.FAULTS["exceptions"](battery, is_on=True)
    with pytest.raises(ExceptionAnswer):
        await device.battery()
    devices.FAULTS["exceptions"](battery, is_on=False)
    devices.FAULTS["soc-jumps"](battery, is_on=True)
    battery.step(1)
    jumped = (await device.battery()).soc
    await server.shutdown()
    with pytest.raises(NoAnswer):
        await device.battery()

    assert (local, jumped) == ("it is under local control", 0.99)
