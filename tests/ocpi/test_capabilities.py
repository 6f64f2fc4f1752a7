"""What is said that an EVSE can: no more than its station does."""

from datetime import UTC, datetime

import pytest

from ocpi.domain.capabilities import capabilities
from stations.enums import CommandStatus
from stations.models import Evse, StationCommand, StationConnection
from stations.services.commands import settle_command
from tests.factories.stations import ConnectorFactory

PROFILES, PREFERENCES = "CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("listed", "takes_profiles", "expected"),
    [
        (["RFID_READER"], None, ["RFID_READER"]),
        (["RFID_READER"], True, ["RFID_READER", PROFILES]),
        ([PROFILES], True, [PROFILES]),
        ([PROFILES, PREFERENCES], None, [PROFILES, PREFERENCES]),
        ([PROFILES, "RFID_READER", PREFERENCES], False, ["RFID_READER"]),
        ([], False, []),
    ],
)
def test_an_evse_can_what_its_station_does(listed, takes_profiles, expected):
    assert capabilities(listed, takes_profiles=takes_profiles) == expected


def test_partners_read_it_once_the_station_has_said_it(emsp, endpoints):
    evse = ConnectorFactory(evse__capabilities=["RFID_READER"]).evse
    StationConnection.objects.update(subprotocol="ocpp1.6", connected_at=NOW)
    Evse.objects.update(last_updated=NOW)
    asked = StationCommand.objects.create(
        station=evse.station,
        action="GetConfiguration",
        status=CommandStatus.SENT,
        deadline_at=NOW,
    )
    said = {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,SmartCharging"}

    before = emsp.ask("GET", endpoints["locations"]).data[0]["evses"][0]
    later = datetime(2026, 6, 1, 13, tzinfo=UTC)
    settle_command(command_id=asked.pk, now=later, response={"configurationKey": [said]})
    after = emsp.ask("GET", endpoints["locations"]).data[0]["evses"][0]

    assert (before["capabilities"], before["last_updated"]) == (
        ["RFID_READER"],
        "2026-06-01T12:00:00Z",
    )
    assert (after["capabilities"], after["last_updated"]) == (
        ["RFID_READER", PROFILES],
        "2026-06-01T13:00:00Z",
    )
