"""OCPP 1.6 certification of a Central System: the Smart Charging profile."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from stations.errors import InvalidPayload
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import issue, outcome

ACCEPTED = {"status": "Accepted"}
SCHEDULE = {
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}, {"startPeriod": 60, "limit": 6}],
    "duration": 300,
}


def profile(purpose, kind="Absolute", **more):
    schedule = dict(SCHEDULE)
    if kind == "Absolute":
        schedule["startSchedule"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "chargingProfileId": 7,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **more,
    }


async def test_tc_056_a_default_profile(server, station):
    payload = {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile")}
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "SetChargingProfile", payload, ACCEPTED)

    assert stored == ("accepted", ACCEPTED, None)


async def test_tc_057_a_profile_of_a_transaction(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        transaction = (await charger.start())["transactionId"]
        wanted = profile("TxProfile", transactionId=transaction)
        payload = {"connectorId": 1, "csChargingProfiles": wanted}
        stored = await outcome(charger, station, "SetChargingProfile", payload, ACCEPTED)

    assert stored == ("accepted", ACCEPTED, None)


async def test_tc_059_a_remote_start_with_a_profile(server, station, driver):
    payload = {
        "connectorId": 1,
        "idTag": driver.uid,
        "chargingProfile": profile("TxProfile", "Relative"),
    }
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "RemoteStartTransaction", payload, ACCEPTED)
        await charger.status(1, "Preparing")
        begun = await charger.start()
        await charger.status(1, "Charging")

    assert stored == ("accepted", ACCEPTED, None)
    assert begun["idTagInfo"] == ACCEPTED


@pytest.mark.parametrize("number", [0, 1])
async def test_tc_066_a_composite_schedule(server, station, number):
    """What was set is what the station plans."""
    default = {"connectorId": number, "csChargingProfiles": profile("TxDefaultProfile")}
    asked = {"connectorId": number, "duration": 300, "chargingRateUnit": "A"}
    plan = {
        "status": "Accepted",
        "connectorId": number,
        "scheduleStart": "2026-06-01T12:00:00Z",
        "chargingSchedule": SCHEDULE,
    }
    async with connected(server, "CP001", station.password) as charger:
        await outcome(charger, station, "SetChargingProfile", default, ACCEPTED)
        stored = await outcome(charger, station, "GetCompositeSchedule", asked, plan)

    assert stored == ("accepted", plan, None)


@pytest.mark.parametrize(
    "which",
    [
        {"id": 7},
        {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0},
        {},
    ],
)
@pytest.mark.parametrize(("said", "status"), [("Accepted", "accepted"), ("Unknown", "rejected")])
async def test_tc_067_a_profile_is_cleared(server, station, which, said, status):
    default = {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile")}
    async with connected(server, "CP001", station.password) as charger:
        await outcome(charger, station, "SetChargingProfile", default, ACCEPTED)
        stored = await outcome(charger, station, "ClearChargingProfile", which, {"status": said})

    assert stored == (status, {"status": said}, None)


@pytest.mark.parametrize("said", ["Rejected", "NotSupported"])
async def test_a_station_that_takes_no_profile(server, station, said):
    payload = {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile")}
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "SetChargingProfile", payload, {"status": said})

    assert stored == ("rejected", {"status": said}, None)


async def test_what_the_station_cannot_take_is_refused_and_not_sent(server, station):
    said = {"value": "2", "readonly": True}
    station.configuration = {"ChargeProfileMaxStackLevel": said}
    await sync_to_async(station.save)()
    high = profile("TxDefaultProfile", stackLevel=3)
    async with connected(server, "CP001", station.password) as charger:
        with pytest.raises(InvalidPayload) as refusal:
            await issue(
                station, "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": high}
            )
        assert await outcome(charger, station, "ClearCache", {}, ACCEPTED) == (
            "accepted",
            ACCEPTED,
            None,
        )

    assert refusal.value.facts["errors"] == [
        "csChargingProfiles.stackLevel: this station takes at most 2"
    ]
