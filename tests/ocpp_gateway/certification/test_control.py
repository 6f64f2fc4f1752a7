"""OCPP 1.6 certification of a Central System, Core: reset, unlock, availability, cache."""

import pytest

from booking.models import ChargingSession
from stations.models import ChargingStation, Evse
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome


@pytest.mark.parametrize(("case", "kind"), [("TC_013", "Hard"), ("TC_014", "Soft")])
async def test_tc_013_tc_014_reset(server, station, driver, case, kind):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=0)
        stored = await outcome(charger, station, "Reset", {"type": kind}, {"status": "Accepted"})
        await charger.stop(begun["transactionId"], 50, reason=f"{kind}Reset")
    async with connected(server, "CP001", station.password) as charger:
        assert (await charger.boot())["status"] == "Accepted"
        await charger.status(1, "Available")

    session = await ChargingSession.objects.aget()
    assert stored == ("accepted", {"status": "Accepted"}, None)
    assert (session.status, session.stop_reason) == ("COMPLETED", f"{kind}Reset")
    assert (await ChargingStation.objects.aget()).booted_at is not None


@pytest.mark.parametrize(
    ("case", "number", "answer", "status"),
    [
        ("TC_017_1 not fixed cable", 1, "Unlocked", "accepted"),
        ("TC_017_2 fixed cable", 1, "NotSupported", "rejected"),
        ("TC_030 failure", 1, "UnlockFailed", "rejected"),
        ("TC_031 unknown connector", 9, "NotSupported", "rejected"),
    ],
)
async def test_tc_017_tc_030_tc_031_unlock(server, station, case, number, answer, status):
    async with connected(server, "CP001", station.password) as charger:
        said = {"status": answer}
        stored = await outcome(charger, station, "UnlockConnector", {"connectorId": number}, said)

    assert stored == (status, {"status": answer}, None)


async def test_tc_018_1_unlock_with_a_charging_session(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=0)
        said = {"status": "Unlocked"}
        stored = await outcome(charger, station, "UnlockConnector", {"connectorId": 1}, said)
        await charger.stop(begun["transactionId"], 70, reason="UnlockCommand")
        await charger.status(1, "Finishing")
        await charger.status(1, "Available")

    session = await ChargingSession.objects.aget()
    assert stored == ("accepted", {"status": "Unlocked"}, None)
    assert (session.status, session.stop_reason) == ("COMPLETED", "UnlockCommand")


async def test_tc_061_clear_cache(server, station):
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "ClearCache", {}, {"status": "Accepted"})

    assert stored == ("accepted", {"status": "Accepted"}, None)


@pytest.mark.parametrize(
    ("number", "kind", "answer", "status"),
    [
        (1, "Inoperative", "Accepted", "accepted"),
        (0, "Operative", "Scheduled", "accepted"),
        (2, "Inoperative", "Rejected", "rejected"),
    ],
)
async def test_change_availability(server, station, number, kind, answer, status):
    async with connected(server, "CP001", station.password) as charger:
        payload = {"connectorId": number, "type": kind}
        said = {"status": answer}
        stored = await outcome(charger, station, "ChangeAvailability", payload, said)
        await charger.status(1, "Unavailable")

    assert stored == (status, {"status": answer}, None)
    assert (await Evse.objects.aget(number=1)).status == "Unavailable"
