"""Which requests of the Smart Charging profile no station can take."""

import pytest

from stations.domain.smart_charging import profile_faults

WHOLE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
    },
}
SAID = {
    "ChargeProfileMaxStackLevel": {"value": "3"},
    "ChargingScheduleAllowedChargingRateUnit": {"value": "Current"},
    "ChargingScheduleMaxPeriods": {"value": "2"},
}
PERIODS = "chargingSchedule.chargingSchedulePeriod"


def scheduled(**more):
    return {"chargingSchedule": {**WHOLE["chargingSchedule"], **more}}


def at(*starts, **more):
    return scheduled(
        chargingSchedulePeriod=[{"startPeriod": start, "limit": 6, **more} for start in starts]
    )


def faults(number=1, said=SAID, **more):
    payload = {"connectorId": number, "csChargingProfiles": {**WHOLE, **more}}
    return profile_faults("SetChargingProfile", payload, said)


@pytest.mark.parametrize(
    ("number", "more"),
    [
        (0, {}),
        (1, {}),
        (0, {"chargingProfilePurpose": "ChargePointMaxProfile"}),
        (1, {"chargingProfilePurpose": "TxProfile", "transactionId": 7}),
        (1, {"stackLevel": 3}),
        (1, {"chargingProfileKind": "Absolute"}),
        (1, {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}),
        (1, at(0, 60, numberPhases=3)),
    ],
)
def test_what_a_station_can_take(number, more):
    assert faults(number, **more) == []


@pytest.mark.parametrize(
    ("number", "more", "fault"),
    [
        (1, {"chargingProfilePurpose": "ChargePointMaxProfile"},
         "chargingProfilePurpose: ChargePointMaxProfile is for connector 0"),
        (0, {"chargingProfilePurpose": "TxProfile"},
         "chargingProfilePurpose: TxProfile is for a connector, not for the station"),
        (1, {"transactionId": 7}, "transactionId: only for TxProfile"),
        (1, {"stackLevel": 4}, "stackLevel: this station takes at most 3"),
        (1, {"stackLevel": -1}, "stackLevel: 0 or more"),
        (1, {"chargingProfileKind": "Recurring"}, "recurrencyKind: needed for Recurring"),
        (1, scheduled(chargingRateUnit="W"),
         "chargingSchedule.chargingRateUnit: this station takes Current"),
        (1, at(), f"{PERIODS}: the first starts at 0"),
        (1, at(5), f"{PERIODS}: the first starts at 0"),
        (1, at(0, 0), f"{PERIODS}: each starts after the one before"),
        (1, at(0, 1, 2), f"{PERIODS}: this station takes at most 2"),
        (1, at(0, limit=-1), f"{PERIODS}: limits of 0 or more"),
        (1, at(0, numberPhases=4), f"{PERIODS}: 1 to 3 phases"),
    ],
)  # fmt: skip
def test_what_no_station_can_take(number, more, fault):
    assert faults(number, **more) == [f"csChargingProfiles.{fault}"]


@pytest.mark.parametrize(
    "said", [{}, {"ChargeProfileMaxStackLevel": {"value": "many"}, **dict.fromkeys(SAID)}]
)
def test_a_station_that_says_nothing_is_not_judged(said):
    assert faults(said=said, stackLevel=99, **scheduled(chargingRateUnit="W")) == []


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"chargingProfilePurpose": "TxProfile"}, []),
        ({}, ["chargingProfile.chargingProfilePurpose: must be TxProfile"]),
        (
            {"chargingProfilePurpose": "TxProfile", "transactionId": 7},
            ["chargingProfile.transactionId: there is none yet"],
        ),
    ],
)
def test_a_profile_at_a_remote_start(more, found):
    payload = {"idTag": "04AA", "chargingProfile": {**WHOLE, **more}}

    assert profile_faults("RemoteStartTransaction", payload, SAID) == found


def test_a_plan_in_a_unit_that_the_station_knows():
    def asked(**more):
        return profile_faults(
            "GetCompositeSchedule", {"connectorId": 1, "duration": 60} | more, SAID
        )

    assert asked() == asked(chargingRateUnit="A") == []
    assert asked(chargingRateUnit="W") == ["chargingRateUnit: this station takes Current"]
    assert profile_faults("Reset", {"type": "Soft"}, SAID) == []
