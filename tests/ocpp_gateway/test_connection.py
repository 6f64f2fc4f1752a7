"""One socket's conversation over the wire: order, repeats, faults, floods."""

import asyncio
import json

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.db import DataError, InterfaceError, OperationalError

from booking.errors import ReplacedSocket
from ocpp_gateway.connection import Unanswerable, meaning_of
from ocpp_gateway.writer import NotStored, Refused, StaleSocket
from stations.errors import UnknownEvse
from stations.models import ChargingStation, Evse, OcppMessage, StationConnection, StationQuirk
from tests.factories.stations import StationFactory
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import until

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


async def test_a_repair_is_counted_for_its_station_and_metrics(server, station):
    async with connected(server, "CP001", station.password) as charger:
        for _ in range(2):
            payload = {**STATUS, "info": None, "connectorId": "1"}
            assert await charger.ask("StatusNotification", payload) == {}
        await until(StationQuirk.objects.filter(count=2).aexists)

    counted = StationQuirk.objects.order_by("name").values_list(
        "station__identity", "name", "count"
    )
    assert [row async for row in counted] == [
        ("CP001", "null_field", 2),
        ("CP001", "text_for_number", 2),
    ]


async def test_nothing_of_a_strict_station_is_mended(server, station):
    await ChargingStation.objects.aupdate(strict=True)
    async with connected(server, "CP001", station.password) as charger:
        refused = await charger.call("StatusNotification", {**STATUS, "info": None})
        assert await charger.ask("StatusNotification", STATUS) == {}

    assert refused[0] == 4
    assert refused[2] == "TypeConstraintViolation"
    assert await StationQuirk.objects.acount() == 0


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("CustomOperation", {}, "NotImplemented"),
        ("HeartbeatResponse", {}, "NotImplemented"),
        ("RemoteStartTransaction", {"idTag": "x"}, "NotSupported"),
        ("Heartbeat", [], "FormationViolation"),
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": []}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorId": 99}, "PropertyConstraintViolation"),
        ("StartTransaction", {"connectorId": 0, "idTag": "x", "meterStart": 0,
                              "timestamp": "2026-01-01T00:00:00Z"}, "PropertyConstraintViolation"),
        ("StartTransaction", {"connectorId": 1, "idTag": "x", "meterStart": 2**70,
                              "timestamp": "2026-01-01T00:00:00Z"}, "PropertyConstraintViolation"),
    ],
)  # fmt: skip
async def test_a_refused_call_gets_the_code_of_1_6_and_the_socket_stays(
    server, station, action, payload, code
):
    async with connected(server, "CP001", station.password) as charger:
        refused = await charger.call(action, payload)

        assert (refused[0], refused[2], refused[4]) == (4, code, {})
        assert "currentTime" in await charger.ask("Heartbeat", {})


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (Refused("too big"), "PropertyConstraintViolation"),
        (UnknownEvse(number=9), "PropertyConstraintViolation"),
        (DataError("too long"), "PropertyConstraintViolation"),
        (NotStored("away"), None),
        (StaleSocket(), None),
        (ReplacedSocket(), None),
        (OperationalError("away"), None),
        (InterfaceError("away"), None),
        (ZeroDivisionError(), "InternalError"),
    ],
)
def test_what_a_fault_means_to_the_station(fault, meaning):
    said = meaning_of(fault, "Heartbeat")

    assert getattr(said, "code", None) == meaning
    assert isinstance(said, Unanswerable) == (meaning is None)


def test_a_value_that_a_station_made_up_is_one_line_of_the_log(caplog):
    meaning_of(DataError("NUL"), "Authorize")
    meaning_of(KeyError("ours"), "Authorize")

    said = [(record.levelname, record.exc_info is not None) for record in caplog.records]
    assert said == [("WARNING", False), ("ERROR", True)]


async def test_the_same_call_under_the_same_id_is_done_once(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        first = await charger.call("BootNotification", BOOT, "same")
        second = await charger.call("BootNotification", BOOT, "same")
        third = await charger.call("Heartbeat", {}, "same")

    assert first == second
    assert third[:3] == [4, "same", "GenericError"]


async def test_ids_count_on_one_socket_only(server, station):
    async with connected(server, "CP001", station.password) as charger:
        await charger.call("BootNotification", BOOT, "1")
    async with connected(server, "CP001", station.password) as charger:
        assert (await charger.call("Heartbeat", {}, "1"))[0] == 3


async def test_a_binary_frame_is_read_as_text(server, station):
    async with connected(server, "CP001", station.password) as charger:
        await charger.socket.send(b'[2,"b","Heartbeat",{}]')
        answer = await charger.receive()

    assert answer[:2] == [3, "b"]


async def test_a_socket_of_nothing_but_nonsense_is_closed_with_1008(server, station):
    async with connected(server, "CP001", station.password) as charger:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            for _ in range(200):
                await charger.socket.send("nonsense")
            while True:
                await charger.receive()

    assert closed.value.rcvd.code == 1008


async def test_a_station_that_is_not_accepted_yet_is_told_so(server, station):
    await ChargingStation.objects.aupdate(registration="Pending")
    async with connected(server, "CP001", station.password) as charger:
        booted = await charger.boot()

    assert booted["status"] == "Pending"


async def test_a_flood_of_one_station_is_answered_in_full_and_in_order_and_others_come_between(
    server, station
):
    calm = await sync_to_async(StationFactory)(identity="CALM1", location=station.location)
    flood, heard = 2_600, []

    async def listen(charger):
        while len(heard) < flood:
            heard.append((await charger.receive())[1])

    async with (
        connected(server, "CP001", station.password) as hasty,
        connected(server, "CALM1", calm.password) as charger,
    ):
        listening = asyncio.create_task(listen(hasty))
        for _ in range(flood):
            await hasty.send("Heartbeat", {})
        between = 0
        while not listening.done():
            await charger.ask("Heartbeat", {})
            between += 1

    assert heard == [f"m{number}" for number in range(1, flood + 1)]
    assert between > 3


async def test_times_that_no_calendar_holds_do_no_harm(server, station, driver):
    """A row that PostgreSQL can hold and Python cannot would break whoever reads it."""
    async with connected(server, "CP001", station.password) as charger:
        for time in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
            payload = {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 0, "timestamp": time}
            begun = [await charger.ask("StartTransaction", payload) for _ in range(2)]
            assert begun[0] == begun[1]
            stop = {"transactionId": 7, "meterStop": 5, "timestamp": time}
            assert await charger.ask("StopTransaction", stop) == {}

    from booking.models import ChargingSession, Transaction, UnmatchedStop  # noqa: PLC0415

    years = {row.started_at.year async for row in Transaction.objects.all()}
    assert years == {1970, 2999}
    assert {row.stopped_at.year async for row in UnmatchedStop.objects.all()} == {1970, 2999}
    flags = [row.flags async for row in ChargingSession.objects.order_by("created_at")]
    assert all("clock_wrong" in one for one in flags)


async def test_log_and_columns_hold_what_a_hostile_text_says(server, station):
    text = "a\r\n2026 INFO login\t\\.\x1b[31m=cmd|' /C'!A0<script>\u202e"
    async with connected(server, "CP001", station.password) as charger:
        await charger.ask("StatusNotification", {**STATUS, "status": "Faulted", "info": text[:50]})
        await charger.ask("StatusNotification", {**STATUS, "connectorId": 2, "info": "a\0b"})
        await until(OcppMessage.objects.aexists)

    infos = Evse.objects.order_by("number").values_list("error_info", flat=True)
    assert [info async for info in infos] == [text[:50], "ab"]
    logged = [row.request async for row in OcppMessage.objects.order_by("at")]
    assert json.loads(logged[0])["info"] == text[:50]


async def test_a_socket_that_goes_during_its_handshake_leaves_no_station_online(server, station):
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        from tests.ocpp_gateway.charger import basic  # noqa: PLC0415 -- here alone

        head = {
            "Host": "x",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Protocol": "ocpp1.6",
            **basic("CP001", station.password),
        }
        lines = ["GET /ocpp/CP001 HTTP/1.1", *(f"{name}: {text}" for name, text in head.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await writer.drain()
        writer.transport.abort()

    async def is_settled():
        link = await StationConnection.objects.aget(station=station)
        return not link.is_connected and link.epoch > 0

    await until(is_settled)
