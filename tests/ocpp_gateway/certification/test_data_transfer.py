"""OCPP 1.6 certification of a Central System: vendors' own messages."""

import pytest

from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome


@pytest.mark.parametrize("payload", [{}, {"messageId": "1"}, {"messageId": "1", "data": "{}"}])
async def test_tc_064_data_transfer_to_a_central_system(server, station, payload):
    async with connected(server, "CP001", station.password) as charger:
        answer = await charger.ask("DataTransfer", {"vendorId": "org.example", **payload})

    assert answer == {"status": "UnknownVendorId"}


async def test_data_transfer_to_a_station(server, station):
    async with connected(server, "CP001", station.password) as charger:
        payload = {"vendorId": "org.example", "messageId": "Ping", "data": "x"}
        said = {"status": "Accepted", "data": "pong"}
        stored = await outcome(charger, station, "DataTransfer", payload, said)

    assert stored == ("accepted", {"status": "Accepted", "data": "pong"}, None)
