"""Power sharing over REST and in the portal."""

import pytest
from django.urls import reverse

from energy.models import EvsePlace, PowerSharing, SessionShare, StationDefault
from energy.services import keep_defaults, share
from stations.models import StationCommand, StationConnection
from stations.services import settle_command
from tests.api.conftest import problem_of
from tests.factories.booking import NOON, SessionFactory, TransactionFactory
from tests.factories.energy import SupplySourceFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, StationFactory

pytestmark = pytest.mark.django_db

WILD = [None, True, -1, 2**64, 1e300, "", "x" * 500, "NaN", [], {"a": 1}, [1], [{}]]


@pytest.fixture
def evse(place):
    station = StationFactory(identity="CP009", location=place)
    StationConnection.objects.filter(station=station).update(
        connected_at=NOON, subprotocol="ocpp1.6"
    )
    evse = EvseFactory(station=station, number=1, uid="LOC1-9")
    ConnectorFactory(evse=evse, power_type="AC_1_PHASE")
    return evse


def answered(action):
    """All that was asked so far is accepted; the payloads of `action`."""
    for command in StationCommand.objects.filter(status="queued"):
        settle_command(command_id=command.pk, now=NOON, response={"status": "Accepted"})
    asked = StationCommand.objects.filter(action=action).order_by("created_at")
    return [one.payload for one in asked]


def shared(evse):
    """A car charges at the EVSE and has its share."""
    session = SessionFactory(evse=evse)
    TransactionFactory(session=session)
    share(location_id=evse.location_id, now=NOON)
    answered("SetChargingProfile")
    return session


def test_sharing_is_set_read_and_listed(admin, evse):
    SupplySourceFactory(location=evse.location, import_limit_kw=20, fuse_a=50)
    body = {"fuse_a": 63, "evses": [{"evse_uid": evse.uid, "rotation": "STR", "standing": 0}]}

    put = admin.put("power-sharing/LOC1", body)
    session = shared(evse)
    read = admin.get("power-sharing/LOC1").json()

    assert put.status_code == 200
    assert read == read | {
        "location_id": "LOC1", "is_enabled": True, "fuse_a": 63, "default_a": 6, "volts": 230,
        "limits": {"l1_a": 50.0, "l2_a": 50.0, "l3_a": 50.0, "power_kw": 20.0},
    }  # fmt: skip
    assert body["evses"][0] in read["evses"]
    assert read["shares"] == [
        {"session_id": str(session.pk), "evse_uid": evse.uid, "offered_a": 32, "asked_a": None,
         "drawn_a": None, "ignores": False, "changed_at": "2026-06-01T12:00:00Z"},
    ]  # fmt: skip
    assert [one["location_id"] for one in admin.get("power-sharing").json()["results"]] == ["LOC1"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"fuse_a": 5}, "invalid"),
        ({"default_a": 64}, "sharing_invalid"),
        ({"default_a": 3}, "sharing_invalid"),
        ({"volts": 12}, "invalid"),
        ({"evses": [{"evse_uid": "NONE"}]}, "unknown_place"),
        ({"evses": [{"evse_uid": "LOC1-9", "rotation": "RRR"}]}, "invalid"),
    ],
)
def test_what_cannot_be_is_refused_whole(admin, evse, more, code):
    body = {"fuse_a": 63, "evses": [{"evse_uid": evse.uid}]}

    assert problem_of(admin.put("power-sharing/LOC1", body | more)) == (400, code)
    assert (PowerSharing.objects.count(), EvsePlace.objects.count()) == (0, 0)


@pytest.mark.parametrize("wild", WILD, ids=lambda value: repr(value)[:24])
def test_a_wild_value_in_any_field_never_ends_in_a_500(admin, evse, wild):
    for name in ("is_enabled", "fuse_a", "default_a", "volts", "evses"):
        answer = admin.put("power-sharing/LOC1", {"fuse_a": 63, name: wild})
        assert answer.status_code == 200 or problem_of(answer)[0] == 400, name


def test_a_location_that_does_not_share(admin, place):
    assert problem_of(admin.get("power-sharing/LOC1")) == (404, "no_power_sharing")
    assert problem_of(admin.get("power-sharing/NONE")) == (404, "unknown_location")
    assert problem_of(admin.put("power-sharing/NONE", {"fuse_a": 63}))[0] == 404


def test_switched_off_stations_lose_their_shares_and_defaults(admin, evse):
    admin.put("power-sharing/LOC1", {"fuse_a": 63})
    keep_defaults(now=NOON)
    shared(evse)

    admin.put("power-sharing/LOC1", {"fuse_a": 63, "is_enabled": False})

    cleared = answered("ClearChargingProfile")
    assert len(cleared) == 2
    assert {"id": 2_000_000_000} in cleared
    assert (SessionShare.objects.count(), StationDefault.objects.count()) == (0, 0)


def test_the_portal_shows_shares_and_changes_the_settings(admin, evse, client):
    client.force_login(admin.user)
    page, form = (
        reverse("power-sharing", args=["LOC1"]),
        reverse("power-sharing-edit", args=["LOC1"]),
    )
    said = {"is_enabled": "on", "fuse_a": 40, "default_a": 6, "volts": 230,
            "rotation_0": "STR", "standing_0": 0}  # fmt: skip
    uids = sorted(one.uid for one in evse.location.evses.all())
    said |= {f"{name}_{at}": said[f"{name}_0"] for at in range(len(uids))
             for name in ("rotation", "standing")}  # fmt: skip

    before = client.get(page)
    refused = client.post(form, said | {"default_a": 50})
    saved = client.post(form, said)
    shared(evse)
    after = client.get(page)

    assert "Not shared" in before.content.decode()
    assert "The fuse is from 6" in refused.content.decode()
    assert saved["Location"] == page
    assert EvsePlace.objects.get(evse=evse).rotation == "STR"
    assert "32 A" in after.content.decode()
    assert client.get(form).status_code == 200


@pytest.mark.parametrize(
    ("units", "unit", "limit"), [(None, "A", 20), ("Power", "W", 13_800), ("Current", "A", 20)]
)
def test_the_portal_limits_a_whole_station(admin, evse, client, units, unit, limit):
    evse.station.configuration = {"ChargingScheduleAllowedChargingRateUnit": {"value": units}}
    evse.station.save()
    client.force_login(admin.user)
    ask = reverse("station-command", args=["CP009"])

    for limit_a in ("20", "", "-1", "many"):
        client.post(ask, {"command": "limit", "limit_a": limit_a})

    (set_to,) = answered("SetChargingProfile")
    profile = set_to["csChargingProfiles"]
    assert set_to["connectorId"] == 0
    assert profile == profile | {
        "chargingProfileId": 2_000_000_001,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Absolute",
    }
    assert profile["chargingSchedule"] == {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        "startSchedule": profile["chargingSchedule"]["startSchedule"],
    }
    assert answered("ClearChargingProfile") == [{"id": 2_000_000_001}]
