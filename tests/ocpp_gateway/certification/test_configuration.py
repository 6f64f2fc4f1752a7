"""OCPP 1.6 certification of a Central System, Core: configuration keys."""

import pytest

from stations.models import ChargingStation
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome

KEYS = [
    {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
]
KNOWN = {
    "HeartbeatInterval": {"readonly": False, "value": "300"},
    "NumberOfConnectors": {"readonly": True, "value": "2"},
}


@pytest.mark.parametrize(
    ("case", "payload", "answer", "known"),
    [
        ("TC_019_1 all", {}, {"configurationKey": KEYS}, KNOWN),
        (
            "TC_019_2 one",
            {"key": ["NumberOfConnectors"]},
            {"configurationKey": KEYS[1:]},
            {"NumberOfConnectors": KNOWN["NumberOfConnectors"]},
        ),
        ("an unknown one", {"key": ["Foo"]}, {"configurationKey": [], "unknownKey": ["Foo"]}, {}),
        ("nonsense", {}, {"configurationKey": 5}, {}),
        ("more nonsense", {}, {"configurationKey": [7, {"key": ["x"]}, *KEYS]}, KNOWN),
    ],
)
async def test_tc_019_get_configuration(server, station, case, payload, answer, known):
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "GetConfiguration", payload, answer)

    assert stored == ("accepted", answer, None)
    assert (await ChargingStation.objects.aget()).configuration == known


@pytest.mark.parametrize(
    ("case", "value", "answer", "status", "known"),
    [
        ("TC_021", "60", "Accepted", "accepted", {"value": "60", "readonly": False}),
        ("TC_021", "61", "RebootRequired", "accepted", {"value": "61", "readonly": False}),
        ("TC_040_1", "60", "NotSupported", "rejected", None),
        ("TC_040_2", "-1", "Rejected", "rejected", None),
        ("sealed in name only", "sealed:?", "Accepted", "accepted", {"value": "sealed:?"}),
    ],
)
async def test_tc_021_tc_040_change_configuration(
    server, station, case, value, answer, status, known
):
    async with connected(server, "CP001", station.password) as charger:
        payload = {"key": "MeterValueSampleInterval", "value": value}
        said = {"status": answer}
        stored = await outcome(charger, station, "ChangeConfiguration", payload, said)

    assert stored == (status, {"status": answer}, None)
    configuration = (await ChargingStation.objects.aget()).configuration
    expected = {} if known is None else {"MeterValueSampleInterval": {"readonly": False, **known}}
    assert configuration == expected
