"""OCPP 1.6 certification of a Central System: RemoteTrigger."""

import pytest

from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome

MESSAGES = (
    {"requestedMessage": "BootNotification"},
    {"requestedMessage": "Heartbeat"},
    {"requestedMessage": "MeterValues", "connectorId": 1},
    {"requestedMessage": "StatusNotification", "connectorId": 2},
    {"requestedMessage": "DiagnosticsStatusNotification"},
    {"requestedMessage": "FirmwareStatusNotification"},
)


@pytest.mark.parametrize("payload", MESSAGES, ids=lambda payload: payload["requestedMessage"])
async def test_tc_054_trigger_message(server, station, payload):
    async with connected(server, "CP001", station.password) as charger:
        said = {"status": "Accepted"}
        stored = await outcome(charger, station, "TriggerMessage", payload, said)
        match payload["requestedMessage"]:
            case "MeterValues":
                assert await charger.meter(None, 5) == {}
            case "StatusNotification":
                assert await charger.status(2, "Available") == {}
            case "BootNotification":
                assert (await charger.boot())["status"] == "Accepted"
            case "Heartbeat":
                assert "currentTime" in await charger.ask("Heartbeat", {})
            case word:
                assert await charger.ask(word, {"status": "Idle"}) == {}

    assert stored == ("accepted", {"status": "Accepted"}, None)


@pytest.mark.parametrize("answer", ["Rejected", "NotImplemented"])
async def test_tc_055_trigger_message_rejected(server, station, answer):
    async with connected(server, "CP001", station.password) as charger:
        payload, said = {"requestedMessage": "MeterValues", "connectorId": 9}, {"status": answer}
        stored = await outcome(charger, station, "TriggerMessage", payload, said)

    assert stored == ("rejected", {"status": answer}, None)
