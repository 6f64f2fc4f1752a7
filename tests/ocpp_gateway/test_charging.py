"""A car charges: from plug to CDR over a real socket."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from booking.models import Cdr, ChargingSession, MeterSample, UnmatchedStop
from stations.models import ChargingStation, Evse, OcppMessage
from tests.ocpp_gateway.charger import at, connected

HOUR = timedelta(hours=1)


async def test_a_new_station_that_boots_reports_and_starts_at_once_is_accepted(
    server, station, driver
):
    async with connected(server, "CP001", station.password) as charger:
        await charger.send("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        await charger.send(
            "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
        )
        await charger.send(
            "StartTransaction",
            {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 5, "timestamp": at()},
        )
        answers = [await charger.receive() for _ in range(3)]

    assert [answer[1] for answer in answers] == ["m1", "m2", "m3"]
    assert answers[0][2]["status"] == "Accepted"
    assert answers[2][2]["idTagInfo"] == {"status": "Accepted"}
    stored = await ChargingStation.objects.aget()
    assert (stored.vendor, stored.model) == ("V", "M")


async def test_a_session_is_stored_with_its_meter_values_and_one_cdr(server, station, driver):
    started_at = datetime.now(UTC).replace(microsecond=0) - HOUR

    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start("04a1b2c3", 1, 1000, started_at)
        for minute, wh in ((10, 2000), (20, 3000), (30, 4000)):
            measured_at = started_at + timedelta(minutes=minute)
            await charger.meter(begun["transactionId"], wh, measured_at=measured_at)
        await charger.stop(begun["transactionId"], 4500, started_at + HOUR / 2, idTag="04A1B2C3")

    session = await ChargingSession.objects.select_related("evse").prefetch_related("cdrs").aget()
    assert session.evse.uid == "CP001-1"
    assert (session.status, session.energy_wh, session.flags) == ("COMPLETED", 3500, [])
    assert (session.started_at, session.ended_at) == (started_at, started_at + HOUR / 2)
    assert session.cdr.energy_wh == 3500
    samples = MeterSample.objects.order_by("measured_at").values_list("energy_wh", flat=True)
    assert [wh async for wh in samples] == [2000, 3000, 4000]


async def test_a_thousand_simultaneous_status_notifications_are_all_stored(
    server, station, transactional_db
):
    await Evse.objects.abulk_create(
        Evse(location=station.location, station=station, number=n, uid=f"many-{n}")
        for n in range(3, 1001)
    )
    async with connected(server, "CP001", station.password) as charger:
        for number in range(1, 1001):
            await charger.send(
                "StatusNotification",
                {"connectorId": number, "errorCode": "NoError", "status": "Charging"},
            )
        answers = [await charger.receive() for _ in range(1000)]

    assert [answer[0] for answer in answers] == [3] * 1000
    assert await Evse.objects.filter(status="Charging").acount() == 1000


async def test_a_repeated_start_with_a_new_message_id_is_the_same_transaction(
    server, station, driver
):
    started_at = datetime.now(UTC)

    async with connected(server, "CP001", station.password) as charger:
        first = await charger.start(started_at=started_at)
        second = await charger.start(started_at=started_at)

    assert first == second
    assert await ChargingSession.objects.acount() == 1


async def test_a_repeated_stop_changes_nothing(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start()
        stopped_at = datetime.now(UTC)
        await charger.stop(begun["transactionId"], 500, stopped_at)
        await charger.stop(begun["transactionId"], 500, stopped_at)

    assert await Cdr.objects.acount() == 1
    assert (await ChargingSession.objects.aget()).flags == []


async def test_repeated_meter_values_are_one_sample(server, station, driver):
    measured_at = datetime.now(UTC)
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start()
        await charger.meter(begun["transactionId"], 700, measured_at=measured_at)
        await charger.meter(begun["transactionId"], 700, measured_at=measured_at)

    assert await MeterSample.objects.acount() == 1


async def test_a_start_while_a_session_runs_ends_the_one_whose_stop_was_missed(
    server, station, driver
):
    async with connected(server, "CP001", station.password) as charger:
        first = await charger.start(meter_start=0)
        await charger.meter(first["transactionId"], 900)
        await charger.start(meter_start=900)

    sessions = [
        (session.status, session.energy_wh, session.flags)
        async for session in ChargingSession.objects.order_by("created_at")
    ]
    assert sessions == [("COMPLETED", 900, ["stop_unknown"]), ("ACTIVE", 0, [])]
    assert await Cdr.objects.acount() == 1


@pytest.mark.parametrize("reference", [-1, 424242])
async def test_a_stop_before_its_start_ends_the_session_when_the_start_comes(
    server, station, driver, reference
):
    started_at = datetime.now(UTC) - HOUR
    async with connected(server, "CP001", station.password) as charger:
        assert await charger.stop(reference, 5000, started_at + HOUR / 2) == {}
        await charger.start(meter_start=1000, started_at=started_at)

    session = await ChargingSession.objects.aget()
    assert (session.status, session.energy_wh) == ("COMPLETED", 4000)
    assert session.flags == ["stop_before_start"]


async def test_transaction_minus_one_is_the_open_session_of_its_evse(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        await charger.start(meter_start=1000)
        await charger.meter(-1, 1800)
        progressed = (await ChargingSession.objects.aget()).energy_wh
        await charger.stop(-1, 2000, idTag="04A1B2C3")

    session = await ChargingSession.objects.aget()
    assert progressed == 800
    assert (session.status, session.energy_wh, session.flags) == ("COMPLETED", 1000, [])


async def test_a_session_outlives_a_reconnect_and_a_reboot(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start()
        await charger.meter(begun["transactionId"], 100)
    async with connected(server, "CP001", station.password) as charger:
        await charger.boot()
        await charger.meter(begun["transactionId"], 300)
        await charger.stop(begun["transactionId"], 300, reason="Reboot")

    session = await ChargingSession.objects.aget()
    assert (session.status, session.energy_wh) == ("COMPLETED", 300)
    assert session.stop_reason == "Reboot"


async def test_a_token_that_may_not_charge_is_answered_so_and_the_session_is_flagged(
    server, station
):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start("UNKNOWN")

    assert begun["idTagInfo"] == {"status": "Invalid"}
    assert (await ChargingSession.objects.aget()).flags == ["not_authorized"]


async def test_no_station_can_touch_anothers_transaction(server, station, driver):
    from tests.factories.stations import EvseFactory, StationFactory  # noqa: PLC0415

    other = await sync_to_async(StationFactory)(identity="CP002", location=station.location)
    await sync_to_async(EvseFactory)(
        station=other, location=station.location, number=1, uid="CP002-1"
    )
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=0)
        async with connected(server, "CP002", other.password) as intruder:
            await intruder.meter(begun["transactionId"], 9999)
            await intruder.stop(begun["transactionId"], 9999)

    session = await ChargingSession.objects.aget()
    assert (session.status, session.energy_wh) == ("ACTIVE", 0)
    assert await UnmatchedStop.objects.acount() == 1


async def test_each_exchange_is_in_the_message_log_with_its_answer(server, station):
    async with connected(server, "CP001", station.password) as charger:
        await charger.boot()
        await charger.call("Nonsense", {})
        await asyncio.sleep(1.2)

    logged = [
        (message.direction, message.action, message.answer is not None, message.error_code)
        async for message in OcppMessage.objects.order_by("at")
    ]
    assert logged == [
        ("in", "BootNotification", True, ""),
        ("in", "Nonsense", True, "NotImplemented"),
    ]
