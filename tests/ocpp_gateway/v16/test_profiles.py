"""Charging profiles in the words of OCPP 1.6, and back."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from energy.domain.profiles import ChargingProfile, Step
from energy.enums import RateUnit
from energy.ports import Abilities, Composite, Request, Target
from ocpp_gateway.v16.profiles import Profiles16
from stations.schemas import check_request

D = Decimal
SPOKEN = Profiles16()
TARGET = Target(profile_id=7, evse_number=2, transaction="4711")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
AMPERE, WATT = RateUnit.AMPERE, RateUnit.WATT


def sent(kind, schedule):
    body = {
        "chargingProfileId": 7,
        "transactionId": 4711,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    return Request("SetChargingProfile", {"connectorId": 2, "csChargingProfiles": body})


@pytest.mark.parametrize(
    ("profile", "kind", "schedule"),
    [
        (
            ChargingProfile(AMPERE, (Step(0, D("16.1")), Step(600, D("6.0")))),
            "Relative",
            {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 16.1},
                    {"startPeriod": 600, "limit": 6},
                ],
            },
        ),
        (
            ChargingProfile(
                WATT, (Step(0, D(11_000)),), starts_at=NOON, duration_s=900, min_rate=D("4140.5")
            ),
            "Absolute",
            {
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11_000}],
                "startSchedule": "2026-06-01T12:00:00.000Z",
                "duration": 900,
                "minChargingRate": 4140.5,
            },
        ),
    ],
)
def test_a_profile_is_set_for_its_transaction(profile, kind, schedule):
    request = SPOKEN.limit(TARGET, profile)

    assert request == sent(kind, schedule)
    check_request(request.action, request.payload)


@pytest.mark.parametrize(
    ("request_made", "expected"),
    [
        (SPOKEN.release(7), Request("ClearChargingProfile", {"id": 7})),
        (
            SPOKEN.ask(TARGET, 900, WATT),
            Request(
                "GetCompositeSchedule", {"connectorId": 2, "duration": 900, "chargingRateUnit": "W"}
            ),
        ),
        (
            SPOKEN.ask(TARGET, 900, None),
            Request("GetCompositeSchedule", {"connectorId": 2, "duration": 900}),
        ),
    ],
)
def test_a_profile_is_taken_away_and_asked_for(request_made, expected):
    assert request_made == expected
    check_request(request_made.action, request_made.payload)


SCHEDULE = {
    "duration": 900,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": 16.06, "numberPhases": 3},
        {"startPeriod": 60, "limit": 8},
    ],
}
READ = ChargingProfile(AMPERE, (Step(0, D("16.0")), Step(60, D("8.0"))), duration_s=900)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            {"scheduleStart": "2026-06-01T12:00:00Z", "chargingSchedule": SCHEDULE},
            Composite(NOON, READ),
        ),
        (
            {"chargingSchedule": {**SCHEDULE, "startSchedule": "2026-06-01T14:00:00+02:00"}},
            Composite(NOON, READ),
        ),
        ({"chargingSchedule": SCHEDULE}, Composite(None, READ)),
        ({}, Composite(None, None)),
        ({"scheduleStart": "soon", "chargingSchedule": SCHEDULE}, None),
        ({"chargingSchedule": {**SCHEDULE, "chargingSchedulePeriod": []}}, None),
        ({"chargingSchedule": {**SCHEDULE, "chargingRateUnit": "kW"}}, None),
        ({"chargingSchedule": {"chargingRateUnit": "A"}}, None),
        ({"chargingSchedule": [1]}, None),
    ],
)
def test_a_composite_schedule_is_read_or_left(response, expected):
    assert SPOKEN.composite_in({"status": "Accepted", **response}) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Abilities(None, None, None)),
        (
            {"SupportedFeatureProfiles": "Core,Reservation"},
            Abilities(takes_profiles=False, units=None, most_steps=None),
        ),
        (
            {
                "SupportedFeatureProfiles": "Core, SmartCharging",
                "ChargingScheduleAllowedChargingRateUnit": "Current",
                "ChargingScheduleMaxPeriods": "24",
            },
            Abilities(takes_profiles=True, units=frozenset({AMPERE}), most_steps=24),
        ),
        (
            {
                "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
                "ChargingScheduleMaxPeriods": "many",
            },
            Abilities(None, frozenset({AMPERE, WATT}), None),
        ),
    ],
)
def test_what_a_station_says_that_it_can(said, expected):
    configuration = {key: {"value": value, "readonly": True} for key, value in said.items()}

    assert SPOKEN.abilities(configuration) == expected
