"""Stations, their keys and commands over REST; EVSEs in and out of service."""

import pytest

from stations.models import ChargingStation, Evse, StationCommand, StationConnection
from stations.services.keys import set_key
from tests.api.conftest import problem_of
from tests.api.test_places import without
from tests.factories.stations import EvseFactory, LocationFactory

pytestmark = pytest.mark.django_db


def test_a_new_station_gets_a_key_that_is_shown_once_and_fits(admin, place):
    made = admin.post("stations", {"identity": "CP 2.x", "location_id": "LOC1"})

    read = admin.get("stations/CP%202.x").json()
    station = ChargingStation.objects.get(identity="CP 2.x")
    assert made.status_code == 201, made.content
    assert without(made.json(), {"password"}) == read
    assert len(made.json()["password"]) == 40
    assert bytes(station.key_digest)
    assert StationConnection.objects.filter(station=station).exists()


def test_a_station_takes_the_key_and_the_evses_it_is_given(admin, place):
    EvseFactory(uid="E2", station=None, number=None, location=place)
    EvseFactory(uid="E3", station=None, number=None, location=place)
    body = {"identity": "CP2", "location_id": "LOC1", "password": "from the factory",
            "evse_uids": ["E3", "E2"]}  # fmt: skip

    made = admin.post("stations", body).json()

    assert "password" not in made
    assert made["evse_uids"] == ["E3", "E2"]
    assert admin.patch("stations/CP2", {"evse_uids": ["E2", "E3"]}).json()["evse_uids"] == [
        "E2",
        "E3",
    ]
    assert dict(Evse.objects.values_list("uid", "number")) == {"E1": 1, "E2": 1, "E3": 2}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"identity": "a/b"}, 400, "invalid"),
        ({"identity": ".."}, 400, "invalid"),
        ({"identity": "a:b"}, 400, "invalid"),
        ({"identity": " a"}, 400, "invalid"),
        ({"identity": "x" * 49}, 400, "invalid"),
        ({"identity": 7.5}, 201, None),
        ({"identity": None}, 400, "invalid"),
        ({"location_id": "NONE"}, 400, "invalid"),
        ({"location_id": ["LOC1"]}, 400, "invalid"),
        ({"location_id": {"id": "LOC1"}}, 400, "invalid"),
        ({"security_profile": 4}, 400, "invalid"),
        ({"security_profile": 10**30}, 400, "parse_error"),
        ({"password": "short"}, 400, "invalid"),
        ({"password": "täglich frisch"}, 400, "weak_key"),
        ({"evse_uids": ["E1"]}, 409, "still_in_use"),
        ({"evse_uids": ["NONE"]}, 404, "unknown_evse"),
        ({"evse_uids": ["FAR"]}, 400, "evse_elsewhere"),
        ({"evse_uids": ["E1", "E1"]}, 400, "invalid"),
        ({"evse_uids": [[]]}, 400, "invalid"),
    ],
)
def test_a_station_that_cannot_be_is_refused_and_nothing_is_stored(
    admin, place, change, status, code
):
    EvseFactory(uid="FAR", station=None, number=None, location=LocationFactory())
    body = {"identity": "CP2", "location_id": "LOC1"}

    answer = admin.post("stations", body | change)

    if code is None:
        assert answer.status_code == status
    else:
        assert problem_of(answer) == (status, code)
        assert list(ChargingStation.objects.values_list("identity", flat=True)) == ["CP1"]


def test_a_change_does_not_overwrite_what_the_station_reported_meanwhile(admin, place):
    from stations import selectors, services  # noqa: PLC0415
    from tests.factories.booking import NOON  # noqa: PLC0415

    station, evse = selectors.station_by_identity("CP1"), selectors.evse_by_uid("E1")
    ChargingStation.objects.update(vendor="ACME", configuration={"A": 1})
    Evse.objects.update(status="Charging")

    services.save_station(station=station, now=NOON)
    services.save_evse(evse=evse, now=NOON)

    stored = ChargingStation.objects.get()
    assert (stored.vendor, stored.configuration, Evse.objects.get().status) == (
        "ACME",
        {"A": 1},
        "Charging",
    )


def test_a_new_key_is_shown_once_and_the_old_one_is_dead(admin, place):
    station = ChargingStation.objects.get()
    set_key(station=station, key="the old password")
    old = bytes(ChargingStation.objects.get().key_digest)

    answer = admin.post("stations/CP1/key")

    assert answer.status_code == 201
    assert sorted(answer.json()) == ["identity", "password"]
    assert bytes(ChargingStation.objects.get().key_digest) != old


def test_a_rotation_goes_over_the_connection_and_nobody_sees_the_key(admin, place):
    StationConnection.objects.update(connected_at="2026-01-01T00:00Z", gateway="g")

    answer = admin.post("stations/CP1/key/rotate")

    command = StationCommand.objects.get()
    assert answer.status_code == 202
    assert (answer.json()["action"], answer.json()["status"]) == ("ChangeConfiguration", "queued")
    assert "payload" not in answer.json()
    assert command.payload["value"].startswith("sealed:")


def test_a_command_to_an_absent_station_fails_at_once_or_is_kept(operator, place):
    reset = {"action": "Reset", "payload": {"type": "Soft"}}

    failed = operator.post("stations/CP1/commands", reset)
    kept = operator.post("stations/CP1/commands", reset | {"when_offline": "keep"})

    assert (failed.status_code, kept.status_code) == (202, 202)
    names = ["id", "station", "action", "status", "response", "error", "created_at", "settled_at"]
    assert list(failed.json()) == names
    assert (failed.json()["status"], failed.json()["error"]["code"]) == (
        "failed",
        "station_offline",
    )
    assert (kept.json()["status"], kept.json()["error"], kept.json()["settled_at"]) == (
        "queued",
        None,
        None,
    )
    assert operator.get(f"commands/{kept.json()['id']}").json() == kept.json()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "Explode", "payload": {}}, "unknown_action"),
        ({"action": "Reset", "payload": {"type": "Gently"}}, "invalid_payload"),
        ({"action": "Reset"}, "invalid_payload"),
        ({"action": "Reset", "payload": []}, "invalid"),
        ({"action": ["Reset"], "payload": {}}, "invalid"),
        ({"action": "Reset", "payload": {"type": "Soft"}, "when_offline": "maybe"}, "invalid"),
        ({}, "invalid"),
        ([], "invalid"),
        (None, "invalid"),
        ("Reset", "invalid"),
    ],
)
def test_a_command_that_ocpp_does_not_have_is_refused(operator, place, body, code):
    assert problem_of(operator.post("stations/CP1/commands", body)) == (400, code)
    assert not StationCommand.objects.exists()


@pytest.mark.parametrize("name", ["AuthorizationKey", "AUTHORIZATIONKEY"])
def test_only_an_administrator_gives_a_station_another_key(admin, operator, place, name):
    command = {
        "action": "ChangeConfiguration",
        "payload": {"key": name, "value": "0f" * 20},
        "when_offline": "keep",
    }

    refused = operator.post("stations/CP1/commands", command)
    pending = ChargingStation.objects.get().pending_key_digest
    allowed = admin.post("stations/CP1/commands", command)

    assert (problem_of(refused), pending) == ((403, "permission_denied"), None)
    assert allowed.status_code == 202
    assert ChargingStation.objects.get().pending_key_digest is not None
    assert "0f0f" not in str(StationCommand.objects.get().payload)


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00Z", "2020-01-01T00:00:00Z",
                                   "9999-12-31T23:59:59Z"])  # fmt: skip
def test_maintenance_that_ends_before_it_begins_or_never_is_refused(operator, place, until):
    answer = operator.post("evses/E1/availability", {"availability": "Inoperative", "until": until})

    assert problem_of(answer) == (400, "maintenance_ends_badly")
    assert operator.get("evses/E1").json()["availability"] == "Operative"
    assert not StationCommand.objects.exists()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_evse_is_taken_out_of_service_by_an_operator(operator, place, method):
    body = {"availability": "Inoperative", "reason": "Cable", "until": "2030-01-01T00:00:00Z"}

    answer = operator.ask(method, "evses/E1/availability", body)

    evse = operator.get("evses/E1").json()
    assert answer.status_code == 202
    assert (answer.json()["action"], answer.json()["status"]) == ("ChangeAvailability", "queued")
    assert {name: evse[name] for name in ("status", "availability", "availability_reason",
            "available_again_at")} == {
        "status": "INOPERATIVE",
        "availability": "Inoperative",
        "availability_reason": "Cable",
        "available_again_at": "2030-01-01T00:00:00Z",
    }  # fmt: skip
