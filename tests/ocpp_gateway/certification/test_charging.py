"""OCPP 1.6 certification of a Central System, Core: charging sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import ChargingSession, MeterSample, Token
from stations.models import Evse
from tests.ocpp_gateway.charger import at, connected

ACCEPTED = {"status": "Accepted"}


async def charged(charger, id_tag="04A1B2C3", reason="Local"):
    """A whole session of 1,500 Wh on connector 1."""
    begun = await charger.start(id_tag, meter_start=500)
    await charger.status(1, "Charging")
    await charger.meter(begun["transactionId"], 1200)
    ended = await charger.stop(begun["transactionId"], 2000, idTag=id_tag, reason=reason)
    await charger.status(1, "Finishing")
    await charger.status(1, "Available")
    return begun, ended


async def stored():
    session = await ChargingSession.objects.prefetch_related("cdrs").aget()
    return session.status, session.energy_wh, session.stop_reason, session.cdr.energy_wh


async def test_tc_003_plugin_first(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        await charger.status(1, "Preparing")
        assert await charger.authorize() == ACCEPTED
        begun, ended = await charged(charger)

    assert begun["idTagInfo"] == ended["idTagInfo"] == ACCEPTED
    assert await stored() == ("COMPLETED", 1500, "Local", 1500)
    assert (await Evse.objects.aget(number=1)).status == "Available"


async def test_tc_004_1_identification_first(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        assert await charger.authorize() == ACCEPTED
        await charger.status(1, "Preparing")
        begun, _ = await charged(charger)

    assert begun["idTagInfo"] == ACCEPTED
    assert await stored() == ("COMPLETED", 1500, "Local", 1500)


async def test_tc_004_2_identification_first_and_no_car_comes(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        assert await charger.authorize() == ACCEPTED
        await charger.status(1, "Preparing")
        await charger.status(1, "Available")

    assert (await Evse.objects.aget(number=1)).status == "Available"
    assert await ChargingSession.objects.acount() == 0


async def test_tc_005_1_ev_side_disconnected(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=500)
        await charger.status(1, "SuspendedEV")
        await charger.stop(begun["transactionId"], 900, reason="EVDisconnected")
        await charger.status(1, "Finishing")
        await charger.status(1, "Available")

    assert await stored() == ("COMPLETED", 400, "EVDisconnected", 400)


async def test_tc_007_cached_id(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun, _ = await charged(charger)

    assert begun["idTagInfo"] == ACCEPTED
    assert await stored() == ("COMPLETED", 1500, "Local", 1500)


@pytest.mark.parametrize(
    ("case", "token", "status"),
    [
        ("TC_023_1", None, "Invalid"),
        ("TC_023_2", {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "Expired"),
        ("TC_023_3", {"status": "Blocked"}, "Blocked"),
    ],
)
async def test_tc_023_authorize_invalid_expired_blocked(server, station, case, token, status):
    if token is not None:
        await Token.objects.acreate(uid="BADTAG", **token)

    async with connected(server, "CP001", station.password) as charger:
        authorized = await charger.authorize("BADTAG")
        begun = await charger.start("BADTAG")

    assert authorized["status"] == begun["idTagInfo"]["status"] == status
    assert (await ChargingSession.objects.aget()).flags == ["not_authorized"]


async def test_tc_024_lock_failure(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        assert await charger.authorize() == ACCEPTED
        await charger.status(1, "Preparing")
        assert await charger.status(1, "Faulted", "ConnectorLockFailure") == {}

    evse = await Evse.objects.aget(number=1)
    assert (evse.status, evse.error_code) == ("Faulted", "ConnectorLockFailure")
    assert await ChargingSession.objects.acount() == 0


async def test_a_parent_id_tag_and_an_expiry_are_told(server, station):
    expires_at = datetime(2099, 1, 1, tzinfo=UTC)
    await Token.objects.acreate(uid="04A1B2C3", group_id="FLEET", expires_at=expires_at)

    async with connected(server, "CP001", station.password) as charger:
        authorized = await charger.authorize()

    expected = {"expiryDate": "2099-01-01T00:00:00.000Z", "parentIdTag": "FLEET"}
    assert authorized == {"status": "Accepted", **expected}


async def test_transaction_data_of_a_stop_are_meter_values(server, station, driver):
    started_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    data = [
        {
            "timestamp": at(started_at + timedelta(minutes=minute)),
            "sampledValue": [{"value": str(wh), "context": context}],
        }
        for minute, wh, context in ((0, 10, "Transaction.Begin"), (9, 700, "Transaction.End"))
    ]
    data.append({"timestamp": at(started_at), "sampledValue": []})

    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=10, started_at=started_at)
        for _ in range(2):
            stopped_at = started_at + timedelta(minutes=9)
            await charger.stop(begun["transactionId"], 700, stopped_at, transactionData=data)

    samples = MeterSample.objects.order_by("measured_at")
    session = await ChargingSession.objects.aget()
    assert [(row.energy_wh, row.context, row.session_id) async for row in samples] == [
        (10, 2, session.pk),
        (700, 3, session.pk),
    ]
    assert (session.energy_wh, session.flags) == (690, [])
