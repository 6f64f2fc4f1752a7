"""OCPP 1.6 certification of a Central System, Core: booting."""

from datetime import UTC, datetime, timedelta

from booking.models import ChargingSession
from stations.models import ChargingStation, Evse
from tests.ocpp_gateway.charger import connected

BOOT = {
    "chargePointVendor": "Vendor",
    "chargePointModel": "Model",
    "chargePointSerialNumber": "SN-1",
    "firmwareVersion": "1.2.3",
    "iccid": "893144",
    "imsi": "20404",
    "meterType": "MT",
    "meterSerialNumber": "M-1",
}


async def test_tc_001_cold_boot(server, station):
    async with connected(server, "CP001", station.password) as charger:
        booted = await charger.ask("BootNotification", BOOT)
        for number, status in ((0, "Available"), (1, "Available"), (2, "Unavailable")):
            assert await charger.status(number, status) == {}
        beat = await charger.ask("Heartbeat", {})

    now = datetime.now(UTC)
    assert (booted["status"], booted["interval"]) == ("Accepted", 300)
    for answer in (booted, beat):
        assert abs(datetime.fromisoformat(answer["currentTime"]) - now) < timedelta(minutes=1)
    stored = await ChargingStation.objects.aget()
    assert (stored.vendor, stored.model, stored.serial_number) == ("Vendor", "Model", "SN-1")
    assert (stored.firmware_version, stored.iccid, stored.imsi) == ("1.2.3", "893144", "20404")
    assert (stored.meter_type, stored.meter_serial_number) == ("MT", "M-1")
    evses = Evse.objects.order_by("number").values_list("number", "status", "error_code")
    assert [row async for row in evses] == [(1, "Available", ""), (2, "Unavailable", "")]


async def test_tc_032_1_power_failure_boot_that_stops_the_transaction(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=100)
    async with connected(server, "CP001", station.password) as charger:
        assert (await charger.boot())["status"] == "Accepted"
        answer = await charger.stop(begun["transactionId"], 400, reason="PowerLoss")
        await charger.status(1, "Available")

    session = await ChargingSession.objects.aget()
    assert answer == {}
    assert (session.status, session.energy_wh) == ("COMPLETED", 300)
    assert (session.stop_reason, session.flags) == ("PowerLoss", [])
