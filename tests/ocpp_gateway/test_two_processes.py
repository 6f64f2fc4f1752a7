"""Two web processes, one database: a station is where its newest socket is."""

import asyncio
import os
import sys
from types import SimpleNamespace

import pytest
import websockets
from django.db import connection

from bench.servers import Server as Process
from booking.models import MeterSample
from stations.models import Evse, StationConnection
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import issue, outcome, settled

ACCEPTED = {"status": "Accepted"}


@pytest.fixture
def other(server, tmp_path):
    """A second web process, on the same database and Redis."""
    url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {
        **os.environ,
        "DATABASE_URL": f"{url}/{connection.settings_dict['NAME']}",
        "CPMS_TEST_ENGINES": "",
    }
    lab = SimpleNamespace(environment=environment, directory=tmp_path)
    process = Process(lab, [sys.executable, "-m", "cpms.web"])
    process.ws_url = process.url
    yield process
    process.__exit__()


async def test_the_newest_socket_wins_across_processes(server, other, station, driver):
    async with (
        connected(server, "CP001", station.password) as older,
        connected(other, "CP001", station.password) as newer,
    ):
        await newer.status(1, "Charging")
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await older.status(1, "Available")
                await older.meter(None, 5)
        stored = await outcome(newer, station, "ClearCache", {}, ACCEPTED)
        link = await StationConnection.objects.aget(station=station)

        assert older.socket.close_code in {1000, 1011}
        assert (link.epoch, link.is_connected) == (2, True)
        assert stored == ("accepted", ACCEPTED, None)
        assert (await Evse.objects.aget(number=1)).status == "Charging"
        assert await MeterSample.objects.acount() == 0


async def test_a_command_issued_beside_one_process_reaches_the_station_of_another(
    server, other, station
):
    async with connected(other, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "Reset", {"type": "Hard"}, ACCEPTED)

    assert stored == ("accepted", ACCEPTED, None)


async def test_what_a_killed_process_left_open_is_not_answered_by_the_next(server, other, station):
    from datetime import timedelta  # noqa: PLC0415 -- here alone

    async with connected(other, "CP001", station.password) as charger:
        lost = await issue(station, "ClearCache", {}, deadline=timedelta(seconds=2))
        kept = await issue(station, "Reset", {"type": "Soft"}, when_offline="keep")
        await charger.next_request()
        other.process.kill()
    await asyncio.to_thread(other.process.wait)
    async with connected(server, "CP001", station.password) as charger:
        frame = await charger.next_request()
        await charger.answer(frame, ACCEPTED)
        row = await settled(kept)

    assert frame[2:] == ["Reset", {"type": "Soft"}]
    assert (row.status, row.epoch) == ("accepted", 2)
    await lost.arefresh_from_db()
    assert lost.status == "sent"  # until its deadline: nobody knows whether it was done
