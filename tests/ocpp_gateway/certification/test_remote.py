"""OCPP 1.6 certification of a Central System, Core: starting and stopping from afar."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from booking.models import ChargingSession
from booking.services import request_start, request_stop
from stations.models import Evse
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome, settled

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
START = {"connectorId": 1, "idTag": "04A1B2C3"}


async def started_from_afar(charger, answer):
    evse = await Evse.objects.select_related("station__connection").aget(number=1)
    ask = sync_to_async(request_start)
    command = await ask(evse=evse, id_token="04A1B2C3", now=datetime.now(UTC))
    frame = await charger.next_request()
    assert frame[2:] == ["RemoteStartTransaction", START]
    await charger.answer(frame, answer)
    return await settled(command)


@pytest.mark.parametrize("case", ["TC_010 plugged in first", "TC_011_1 remote start first"])
async def test_tc_010_tc_011_1_remote_start(server, station, driver, case):
    async with connected(server, "CP001", station.password) as charger:
        if case.startswith("TC_010"):
            await charger.status(1, "Preparing")
        command = await started_from_afar(charger, ACCEPTED)
        assert await charger.authorize() == ACCEPTED
        if case.startswith("TC_011"):
            await charger.status(1, "Preparing")
        begun = await charger.start(meter_start=5)
        await charger.status(1, "Charging")

    session = await ChargingSession.objects.aget()
    assert (command.status, command.response) == ("accepted", ACCEPTED)
    assert begun["idTagInfo"] == ACCEPTED
    assert (session.status, session.auth_method) == ("ACTIVE", "COMMAND")


async def test_tc_011_2_remote_start_and_no_car_comes(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        command = await started_from_afar(charger, ACCEPTED)
        await charger.status(1, "Preparing")
        await charger.status(1, "Available")

    assert command.status == "accepted"
    assert await ChargingSession.objects.acount() == 0


async def test_tc_012_remote_stop(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=0)
        ask = sync_to_async(request_stop)
        session = await ChargingSession.objects.select_related("evse").aget()
        command = await ask(session=session, now=datetime.now(UTC))
        frame = await charger.next_request()
        await charger.answer(frame, ACCEPTED)
        await charger.stop(begun["transactionId"], 800, reason="Remote")
        row = await settled(command)

    session = await ChargingSession.objects.aget()
    assert frame[2:] == ["RemoteStopTransaction", {"transactionId": begun["transactionId"]}]
    assert (row.status, row.response) == ("accepted", ACCEPTED)
    assert (session.status, session.stop_reason, session.energy_wh) == ("COMPLETED", "Remote", 800)


async def test_tc_026_remote_start_rejected(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        command = await started_from_afar(charger, REJECTED)

    assert (command.status, command.response, command.error) == ("rejected", REJECTED, None)
    assert await ChargingSession.objects.acount() == 0


async def test_tc_028_remote_stop_rejected(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=0)
        payload = {"transactionId": begun["transactionId"] % 1000 + 1}
        stored = await outcome(charger, station, "RemoteStopTransaction", payload, REJECTED)

    assert stored == ("rejected", REJECTED, None)
    assert (await ChargingSession.objects.aget()).status == "ACTIVE"
