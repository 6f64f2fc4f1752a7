"""A local authorization list from our tokens to a simulated station that lives by it."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from booking.models import LocalList, Token
from booking.services import manage_list, sync_local_lists
from cpms.simulation.physics import Outlet
from cpms.simulation.station import Station
from cpms.simulation.world import StationSpec, World
from stations.models import StationConnection
from tests.factories.booking import TokenFactory
from tests.ocpp_gateway.operator import until


async def is_synced(version):
    return await LocalList.objects.filter(
        version=version, command=None, is_certain=True, trouble=""
    ).aexists()


@pytest.fixture
def simulated(server, station):
    presets = {"LocalAuthListMaxLength": "4", "SendLocalListMaxLength": "2"}
    world = World(f"{server.ws_url}/ocpp/{{identity}}", presets=presets)
    return Station(StationSpec("CP001", station.password, (Outlet(22_000),)), world)


async def test_a_station_holds_what_its_limits_allow_and_follows_changes(station, simulated):
    for number in range(6):
        await sync_to_async(TokenFactory)(uid=f"CARD{number}")
    await sync_to_async(TokenFactory)(
        uid="EMSP", country_code="NL", party_id="EMS", whitelist="NEVER"
    )
    sweep = sync_to_async(sync_local_lists)

    async with simulated:
        await simulated.registered.wait()
        await until(StationConnection.objects.filter(connected_at__isnull=False).aexists)
        await sync_to_async(manage_list)(station=station, is_managed=True, now=datetime.now(UTC))
        await until(lambda: is_synced(2))
        first = dict(simulated.memory.local_list)
        await Token.objects.filter(uid="CARD1").aupdate(status="Blocked")
        await sweep(now=datetime.now(UTC))
        await until(lambda: is_synced(3))

    row = await LocalList.objects.aget()
    assert sorted(first) == ["CARD0", "CARD1", "CARD2", "CARD3"]
    assert sorted(row.entries) == sorted(simulated.memory.local_list)
    assert sorted(row.entries) == ["CARD0", "CARD2", "CARD3", "CARD4"]
    assert simulated.memory.local_list_version == 3
