"""OCPP 1.6 certification of a Central System: keys, HTTP Basic, sub-protocol."""

import binascii

import pytest
import websockets

from stations.models import ChargingStation, OcppMessage, StationCommand
from stations.services import rotate_key
from tests.ocpp_gateway.charger import basic, connected
from tests.ocpp_gateway.operator import issue, settled, until

NEW = "0f" * 20


async def opens(server, password):
    """The HTTP status of a handshake with this key; 101 when it opens."""
    try:
        async with websockets.connect(
            f"{server.ws_url}/ocpp/CP001",
            additional_headers=basic("CP001", password),
            subprotocols=["ocpp1.6"],
        ):
            return 101
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code


async def changed(charger, station, key, answer, name="AuthorizationKey"):
    command = await issue(station, "ChangeConfiguration", {"key": name, "value": key})
    frame = await charger.next_request()
    assert frame[3] == {"key": name, "value": key}
    if answer is not None:
        await charger.answer(frame, {"status": answer})
        await settled(command)
    return command


@pytest.mark.parametrize(
    ("answer", "old", "new"),
    [
        ("Accepted", 401, 101),
        ("Rejected", 101, 401),
        ("RebootRequired", 101, 101),
        (None, 101, 101),
    ],
)
async def test_tc_073_update_password(server, station, answer, old, new):
    async with connected(server, "CP001", station.password) as charger:
        await changed(charger, station, NEW, answer)

    assert await opens(server, station.password) == old
    assert await opens(server, NEW) == new
    assert await opens(server, binascii.unhexlify(NEW).decode("latin-1")) == new


async def test_once_the_new_key_is_used_the_old_one_is_dead(server, station):
    async with connected(server, "CP001", station.password) as charger:
        await changed(charger, station, NEW, None)

    assert [await opens(server, NEW), await opens(server, station.password)] == [101, 401]


async def test_of_two_changes_each_counts_for_itself(server, station):
    later = "1e" * 20
    async with connected(server, "CP001", station.password) as charger:
        first = await issue(
            station, "ChangeConfiguration", {"key": "AuthorizationKey", "value": NEW}
        )
        second = await issue(
            station, "ChangeConfiguration", {"key": "AuthorizationKey", "value": later}
        )
        for command, answer in ((first, "Accepted"), (second, "Rejected")):
            await charger.answer(await charger.next_request(), {"status": answer})
            await settled(command)

    assert await opens(server, NEW) == 101
    assert [await opens(server, key) for key in (station.password, later)] == [401, 401]


async def test_a_key_for_a_station_that_is_away_opens_nothing(server, station):
    command = await issue(station, "ChangeConfiguration", {"key": "AuthorizationKey", "value": NEW})

    assert (command.status, command.error["code"]) == ("failed", "station_offline")
    assert await opens(server, NEW) == 401
    assert (await ChargingStation.objects.aget()).pending_key_digest is None


@pytest.mark.parametrize("name", ["AuthorizationKey", "authorizationkey"])
async def test_a_new_key_is_nowhere_to_be_read(server, station, name):
    """Names of settings are read in any case, so stations take it under any."""
    async with connected(server, "CP001", station.password) as charger:
        await changed(charger, station, NEW, "Accepted", name)
        await until(OcppMessage.objects.aexists)

    assert [row for row in await stored() if NEW in row] == []
    assert [await opens(server, key) for key in (NEW, station.password)] == [101, 401]


async def test_a_key_that_a_station_tells_is_not_kept(server, station):
    told = [{"key": "AuthorizationKey", "readonly": False, "value": station.password}]
    async with connected(server, "CP001", station.password) as charger:
        command = await issue(station, "GetConfiguration", {})
        await charger.answer(await charger.next_request(), {"configurationKey": told})
        row = await settled(command)
        await until(OcppMessage.objects.aexists)

    assert row.response == {"configurationKey": [told[0] | {"value": "[hidden]"}]}
    assert [row for row in await stored() if station.password in row] == []


async def stored():
    """All that is kept of commands and messages, and of what the station said of itself."""
    tables = (StationCommand, OcppMessage, ChargingStation)
    return [str(row) for table in tables async for row in table.objects.values()]


async def test_a_rotated_key_opens_the_door(server, station):
    from asgiref.sync import sync_to_async  # noqa: PLC0415 -- here alone
    from django.utils import timezone  # noqa: PLC0415 -- here alone

    async with connected(server, "CP001", station.password) as charger:
        command = await sync_to_async(rotate_key)(station=station, now=timezone.now())
        frame = await charger.next_request()
        await charger.answer(frame, {"status": "Accepted"})
        await settled(command)

    assert await opens(server, frame[3]["value"]) == 101
    assert await opens(server, station.password) == 401


async def test_tc_085_basic_authentication(server, station):
    assert await opens(server, station.password) == 101
    assert await opens(server, station.password[:-1]) == 401


@pytest.mark.parametrize("offered", [["ocpp2.0.1"], ["ocpp1.5", "ocpp1.2"], ["OCPP1.6"], None])
async def test_tc_088_no_subprotocol_in_common(server, station, offered):
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(
            f"{server.ws_url}/ocpp/CP001",
            additional_headers=basic("CP001", station.password),
            subprotocols=offered,
        )

    assert refusal.value.response.status_code == 400
    assert "Upgrade" not in refusal.value.response.headers
