"""Who may connect, and which socket counts."""

import asyncio

import pytest
import websockets

from stations.models import StationConnection
from tests.ocpp_gateway.charger import basic, connected

RIGHT = "right"


@pytest.mark.parametrize(
    ("path", "headers", "subprotocols", "status"),
    [
        ("/ocpp/NOBODY", basic("NOBODY", "x" * 16), ["ocpp1.6"], 404),
        ("/ocpp/", basic("CP001", "x" * 16), ["ocpp1.6"], 404),
        ("/ocpp/CP001/more", basic("CP001", RIGHT), ["ocpp1.6"], 404),
        ("/ocpp/" + "A" * 49, basic("CP001", RIGHT), ["ocpp1.6"], 404),
        ("/ocpp/%FF%FE", basic("CP001", RIGHT), ["ocpp1.6"], 404),
        ("/ocpp/CP001%00", basic("CP001", RIGHT), ["ocpp1.6"], 404),
        ("/ocpp/CP001", {}, ["ocpp1.6"], 401),
        ("/ocpp/CP001", basic("CP001", "wrong-password-123"), ["ocpp1.6"], 401),
        ("/ocpp/CP001", basic("CP001", ""), ["ocpp1.6"], 401),
        ("/ocpp/CP001", basic("CP002", RIGHT), ["ocpp1.6"], 401),
        ("/ocpp/CP001", {"Authorization": "Bearer abc"}, ["ocpp1.6"], 401),
        ("/ocpp/CP001", {"Authorization": "Basic ###"}, ["ocpp1.6"], 401),
        ("/ocpp/CP001", basic("CP001", RIGHT), ["ocpp2.0.1"], 400),
        ("/ocpp/CP001", basic("CP001", RIGHT), ["ocpp1.5", "x"], 400),
        ("/ocpp/CP001", basic("CP001", RIGHT), None, 400),
        ("/ocpp/CP001", {}, ["ocpp2.0.1"], 401),
        ("/ocpp/NOBODY", {}, ["ocpp2.0.1"], 404),
    ],
)
async def test_a_socket_that_may_not_come_in_is_refused_before_the_upgrade(
    server, station, path, headers, subprotocols, status
):
    if headers == basic("CP001", RIGHT):
        headers = basic("CP001", station.password)
    if headers == basic("CP002", RIGHT):
        headers = basic("CP002", station.password)

    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(
            server.ws_url + path, additional_headers=headers, subprotocols=subprotocols
        )

    assert refusal.value.response.status_code == status
    assert ("WWW-Authenticate" in refusal.value.response.headers) == (status == 401)


async def test_the_best_common_subprotocol_is_chosen(server, station):
    offered = ["ocpp2.0.1", "ocpp1.6", "ocpp1.5"]

    async with connected(server, "CP001", station.password, offered) as charger:
        assert charger.socket.subprotocol == "ocpp1.6"


async def test_the_newest_socket_wins_and_the_replaced_one_can_do_nothing_more(server, station):
    async with connected(server, "CP001", station.password) as older:
        await older.status(1, "Preparing")
        async with connected(server, "CP001", station.password) as newer:
            await newer.status(1, "Charging")

            with pytest.raises(websockets.ConnectionClosed) as closed:
                await older.status(1, "Available")

            assert closed.value.rcvd.code == 1000
            link = await StationConnection.objects.aget(station=station)
            assert (link.epoch, link.is_connected) == (2, True)
            assert await newer.status(1, "Finishing") == {}


async def test_a_hundred_sockets_of_one_station_leave_one(server, station):
    async def open_one():
        return await websockets.connect(
            f"{server.ws_url}/ocpp/CP001",
            additional_headers=basic("CP001", station.password),
            subprotocols=["ocpp1.6"],
        )

    results = await asyncio.gather(*[open_one() for _ in range(100)], return_exceptions=True)
    sockets = [one for one in results if not isinstance(one, BaseException)]
    refusals = {one.response.status_code for one in results if isinstance(one, BaseException)}
    answered = []
    for socket in sockets:
        try:
            await socket.send('[2,"1","Heartbeat",{}]')
            await asyncio.wait_for(socket.recv(), 5)
            answered.append(socket)
        except websockets.ConnectionClosed:
            pass

    assert len(answered) == 1
    assert refusals <= {503}
    for socket in sockets:
        await socket.close()


async def test_wrong_passwords_run_into_a_limit_but_the_right_one_still_opens(server, station):
    statuses = []
    for _ in range(230):
        try:
            await websockets.connect(
                f"{server.ws_url}/ocpp/CP001",
                additional_headers=basic("CP001", "wrong-password-123"),
                subprotocols=["ocpp1.6"],
            )
        except websockets.InvalidStatus as refusal:
            statuses.append(refusal.response.status_code)

    assert set(statuses) == {401, 429}
    assert statuses[:200] == [401] * 200


async def test_a_station_is_offline_when_its_socket_ended(server, station):
    async with connected(server, "CP001", station.password) as charger:
        await charger.boot()
        assert (await StationConnection.objects.aget(station=station)).is_connected

    for _ in range(100):
        link = await StationConnection.objects.aget(station=station)
        if not link.is_connected:
            break
        await asyncio.sleep(0.05)
    assert not link.is_connected
