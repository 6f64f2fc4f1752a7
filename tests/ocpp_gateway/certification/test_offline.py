"""OCPP 1.6 certification of a Central System, Core: what happened while a station was away."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import ChargingSession, MeterSample
from tests.ocpp_gateway.charger import connected

HOUR = timedelta(hours=1)


async def test_tc_037_1_offline_start_with_a_valid_id_tag(server, station, driver):
    started_at = datetime.now(UTC).replace(microsecond=0) - HOUR

    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=100, started_at=started_at)
        await charger.status(1, "Charging")

    session = await ChargingSession.objects.aget()
    assert begun["idTagInfo"] == {"status": "Accepted"}
    assert (session.status, session.started_at, session.flags) == ("ACTIVE", started_at, [])


async def test_tc_037_3_offline_start_with_an_invalid_id_tag(server, station):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start("STRANGER", meter_start=100)
        await charger.stop(begun["transactionId"], 150, reason="DeAuthorized")

    session = await ChargingSession.objects.aget()
    assert begun["idTagInfo"] == {"status": "Invalid"}
    assert (session.status, session.stop_reason) == ("COMPLETED", "DeAuthorized")
    assert (session.energy_wh, session.flags) == (50, ["not_authorized"])


@pytest.mark.parametrize("reported", ["once", "twice, over two sockets"])
async def test_tc_039_offline_transaction(server, station, driver, reported):
    started_at = datetime.now(UTC).replace(microsecond=0) - 2 * HOUR

    for _ in range(1 if reported == "once" else 2):
        async with connected(server, "CP001", station.password) as charger:
            await charger.boot()
            begun = await charger.start(meter_start=100, started_at=started_at)
            for minute in (10, 20):
                measured_at = started_at + timedelta(minutes=minute)
                await charger.meter(begun["transactionId"], 100 * minute, measured_at=measured_at)
            await charger.stop(begun["transactionId"], 4100, started_at + HOUR)

    session = await ChargingSession.objects.prefetch_related("cdrs").aget()
    assert (session.status, session.energy_wh, session.flags) == ("COMPLETED", 4000, [])
    assert (session.started_at, session.ended_at) == (started_at, started_at + HOUR)
    assert session.cdr.energy_wh == 4000
    assert await MeterSample.objects.acount() == 2
