"""Sessions, CDRs, tokens, tariffs and the external status over REST."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from booking.models import Token
from booking.services import ensure_partitions
from stations.models import ChargingStation, Evse, StationCommand, StationConnection
from tariffs.models import TariffVersion
from tests.api.conftest import problem_of
from tests.factories.booking import (
    NOON,
    CdrFactory,
    SessionFactory,
    TokenFactory,
    TransactionFactory,
)
from tests.factories.tariffs import TariffFactory, body_of_tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def evse(place):
    """E1 of CP1, which is connected."""
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    return Evse.objects.get()


def test_a_session_has_ocpis_names_and_units(viewer, evse):
    session = SessionFactory(evse=evse, energy_wh=7_250, currency="EUR", total_cost="2.9000")

    body = viewer.get(f"sessions/{session.pk}").json()

    assert {name: body[name] for name in body if name != "last_updated"} == {
        "country_code": "NL",
        "party_id": "EMA",
        "id": str(session.pk),
        "start_date_time": "2026-06-01T12:00:00Z",
        "end_date_time": None,
        "kwh": 7.25,
        "cdr_token": {
            "country_code": "NL",
            "party_id": "EMA",
            "uid": session.id_token,
            "type": "RFID",
            "contract_id": session.id_token,
        },
        "auth_method": "WHITELIST",
        "authorization_reference": "",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "total_cost": {"excl_vat": 2.9},
        "status": "ACTIVE",
        "station": "CP1",
        "id_token": session.id_token,
        "power_w": None,
        "soc_percent": None,
        "last_meter_at": None,
        "meter_start_kwh": 1.0,
        "meter_stop_kwh": None,
        "tariff_id": None,
        "stop_reason": "",
        "flags": [],
        "cdr_id": None,
    }


def test_a_cdr_is_shown_as_it_was_issued(viewer, evse):
    TariffFactory(ocpi_id="DAY")
    version = TariffVersion.objects.get()
    session = SessionFactory(evse=evse, ended=True, tariff_version=version)
    cdr = CdrFactory(session=session)

    body = viewer.get(f"cdrs/{cdr.pk}").json()

    assert body == cdr.body
    assert (body["session_id"], body["total_energy"]) == (str(session.pk), 10.0)
    assert body["total_cost"] == {"excl_vat": 4.0, "incl_vat": 4.84}
    assert viewer.get(f"cdrs?session_id={session.pk}").json()["results"] == [body]
    assert viewer.get("cdrs?location_id=FAR").json()["results"] == []
    assert viewer.get(f"sessions/{session.pk}").json()["cdr_id"] == str(cdr.pk)


def test_sessions_are_narrowed_and_ordered(viewer, evse):
    running = SessionFactory(evse=evse)
    ended = SessionFactory(evse=evse, ended=True, started_at=NOON - timedelta(hours=2))

    def ids(query):
        return [row["id"] for row in viewer.get(f"sessions?{query}").json()["results"]]

    assert ids("status=ACTIVE") == [str(running.pk)]
    assert ids("status=COMPLETED") == [str(ended.pk)]
    assert ids("evse_uid=E1") == [str(running.pk), str(ended.pk)]
    assert ids("ordering=start_date_time") == [str(ended.pk), str(running.pk)]
    assert ids(f"id_token={running.id_token.lower()}") == [str(running.pk)]
    assert ids("started_from=2026-06-01T12:00:00Z") == [str(running.pk)]
    assert ids("station=NONE") == []


def test_a_start_asks_the_station(operator, evse):
    token = TokenFactory()

    answer = operator.post("sessions/start", {"evse_uid": "E1", "id_token": token.uid})

    command = StationCommand.objects.get()
    assert answer.status_code == 202
    assert (answer.json()["id"], answer.json()["action"]) == (
        str(command.pk),
        "RemoteStartTransaction",
    )
    assert command.payload == {"connectorId": 1, "idTag": token.uid}
    assert command.issued_by == operator.user


def test_a_stop_asks_the_station(operator, evse):
    transaction = TransactionFactory(session=SessionFactory(evse=evse))

    answer = operator.post(f"sessions/{transaction.session_id}/stop")

    assert answer.status_code == 202
    assert StationCommand.objects.get().payload == {"transactionId": int(transaction.reference)}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"evse_uid": "NONE", "id_token": "GOOD"}, 404, "unknown_evse"),
        ({"evse_uid": "E1", "id_token": "UNKNOWN"}, 403, "token_not_authorized"),
        ({"evse_uid": "E1", "id_token": "x" * 21}, 400, "invalid"),
        ({"evse_uid": "E1"}, 400, "invalid"),
        ({"evse_uid": {}, "id_token": []}, 400, "invalid"),
    ],
)
def test_a_start_that_cannot_be_is_refused(operator, evse, body, status, code):
    TokenFactory(uid="GOOD")

    assert problem_of(operator.post("sessions/start", body)) == (status, code)
    assert not StationCommand.objects.exists()


def test_a_start_at_an_absent_station_has_failed_and_at_an_occupied_evse_is_a_conflict(
    operator, evse
):
    TokenFactory(uid="GOOD")
    body = {"evse_uid": "E1", "id_token": "GOOD"}
    StationConnection.objects.update(disconnected_at=timezone.now())

    absent = operator.post("sessions/start", body)
    SessionFactory(evse=evse)
    occupied = operator.post("sessions/start", body)

    assert (absent.status_code, absent.json()["status"]) == (202, "failed")
    assert absent.json()["error"]["code"] == "station_offline"
    assert problem_of(occupied) == (409, "evse_occupied")


def test_an_ended_session_cannot_be_stopped(operator, evse):
    session = SessionFactory(evse=evse, ended=True)

    answer = operator.post(f"sessions/{session.pk}/stop")

    assert problem_of(answer) == (409, "session_not_active")


def test_the_meter_values_of_a_session_are_paged_in_the_order_of_time(viewer, evse):
    session = SessionFactory(evse=evse)
    ensure_partitions(now=NOON)
    with connection.cursor() as cursor:
        for minute in range(3):
            cursor.execute(
                "INSERT INTO booking_metersample (evse_id, measured_at, content_hash, received_at,"
                " session_id, context, energy_wh, power_w)"
                " VALUES (%s, %s, %s, %s, %s, 0, %s, %s)",
                [evse.pk, NOON + timedelta(minutes=minute), minute, NOON, session.pk,
                 1_000 + 100 * minute, 6_000],
            )  # fmt: skip

    page = viewer.get(f"sessions/{session.pk}/meter-values?limit=2").json()
    rest = viewer.get(page["next"]).json()
    curve = viewer.get(f"sessions/{session.pk}/power-curve").json()

    assert [row["energy_wh"] for row in page["results"]] == [1_000, 1_100]
    assert [row["energy_wh"] for row in rest["results"]] == [1_200]
    assert rest["next"] is None
    start = int(NOON.timestamp() * 1000)
    assert curve == {
        "power_w": [[start + 60_000 * minute, 6_000] for minute in range(3)],
        "soc_percent": [],
    }


def test_the_external_status_tells_drivers_type_price_and_when_one_is_free(viewer, evse, admin):
    TariffFactory(ocpi_id="DAY")
    admin.patch("connectors/E1:1", {"tariff_ids": ["DAY"]})
    price = {"currency": "EUR", "energy_kwh": 0.4}
    free = {"type": "fast", "total": 1, "available": 1, "price": price, "first_free_at": None}

    before = viewer.get("locations/LOC1/external-status").json()
    SessionFactory(evse=evse, started_at=timezone.now())
    after = viewer.get("locations/LOC1/external-status").json()

    assert before == {"location_id": "LOC1", "types": [free]}
    assert after["types"][0]["available"] == 0
    assert after["types"][0]["first_free_at"] > timezone.now().isoformat()
    assert problem_of(viewer.get("locations/NONE/external-status")) == (404, "unknown_location")


def test_a_token_is_added_changed_and_deleted(operator):
    made = operator.post("tokens", {"uid": "04AABBCC", "note": "Van"})
    path = f"tokens/{made.json()['id']}"

    changed = operator.patch(path, {"status": "Blocked", "expires_at": "2030-01-01T00:00:00Z"})

    assert made.status_code == 201, made.content
    assert (made.json()["uid"], made.json()["type"], made.json()["status"]) == (
        "04AABBCC",
        "RFID",
        "Accepted",
    )
    assert changed.json() == made.json() | {
        "status": "Blocked",
        "expires_at": "2030-01-01T00:00:00Z",
        "last_updated": changed.json()["last_updated"],
    }
    assert operator.put(path, changed.json()).status_code == 200
    assert operator.get("tokens?uid=04aabbcc").json()["results"][0]["note"] == "Van"
    assert operator.delete(path).status_code == 204
    assert problem_of(operator.get(path)) == (404, "unknown_token")


def test_a_uid_is_one_token_whatever_its_case(operator):
    TokenFactory(uid="04AABBCC")

    assert problem_of(operator.post("tokens", {"uid": "04aabbcc"})) == (409, "token_exists")


def test_an_emsps_token_can_be_added_but_only_the_emsp_changes_it(operator):
    body = {
        "country_code": "DE",
        "party_id": "ABC",
        "uid": "DEABC1",
        "type": "APP_USER",
        "contract_id": "DE-ABC-C1",
        "issuer": "ABC",
        "valid": True,
        "whitelist": "ALWAYS",
    }
    made = operator.post("tokens", body)
    path = f"tokens/{made.json()['id']}"

    assert made.status_code == 201
    assert made.json().items() >= body.items()
    assert problem_of(operator.patch(path, {"valid": False})) == (409, "not_own_token")
    assert problem_of(operator.delete(path)) == (409, "not_own_token")
    assert Token.objects.get().valid


def test_a_tariff_comes_back_as_it_was_sent_and_a_change_makes_a_version(admin, place):
    body = body_of_tariff("DAY", 0.4, type="REGULAR") | {"location_ids": ["LOC1"]}
    made = admin.post("tariffs", body)
    elements = body_of_tariff("DAY", 0.5)["elements"]

    changed = admin.patch("tariffs/DAY", {"elements": elements}).json()
    same = admin.patch("tariffs/DAY", {"elements": elements}).json()

    assert made.status_code == 201, made.content
    assert made.json().items() >= (body | {"version": 1}).items()
    assert changed.items() >= (body | {"elements": elements, "version": 2}).items()
    assert same == changed
    assert admin.get("tariffs?location_id=LOC1").json()["results"] == [changed]
    bodies = TariffVersion.objects.order_by("number").values_list("body", flat=True)
    assert [version["elements"] for version in bodies] == [body["elements"], elements]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"elements": []}, "invalid_tariff"),
        ({"elements": [{"price_components": []}]}, None),
        ({"elements": "free"}, "invalid"),
        (
            {"elements": [{"price_components": [{"type": "LOVE", "price": 1, "step_size": 1}]}]},
            "invalid",
        ),
        (
            {
                "elements": [
                    {"price_components": [{"type": "ENERGY", "price": "1", "step_size": 1}]}
                ]
            },
            "invalid",
        ),
        ({"currency": "euro"}, "invalid"),
        ({"start_date_time": "yesterday"}, "invalid_tariff"),
        ({"location_ids": ["NONE"]}, "invalid"),
        ({"location_ids": 7}, "invalid"),
        ({"id": ""}, "invalid"),
    ],
)
def test_a_tariff_that_cannot_be_priced_is_refused(admin, change, code):
    answer = admin.post("tariffs", body_of_tariff("DAY") | change)

    status, found = problem_of(answer)
    assert status == 400
    assert found == code or code is None
    assert not TariffVersion.objects.exists()


def test_a_tariff_id_is_given_once(admin):
    TariffFactory(ocpi_id="DAY", price=0.4)

    answers = [admin.post("tariffs", body_of_tariff("DAY", price)) for price in (0.4, 0.6)]

    assert {problem_of(answer) for answer in answers} == {(409, "tariff_exists")}
    assert TariffVersion.objects.count() == 1


def test_a_tariff_is_deleted_unless_it_holds_or_priced_something(admin, place, evse):
    TariffFactory(ocpi_id="DAY")
    TariffFactory(ocpi_id="HELD")
    TariffFactory(ocpi_id="USED")
    admin.patch("tariffs/HELD", {"location_ids": ["LOC1"]})
    used = TariffVersion.objects.get(tariff__ocpi_id="USED")
    SessionFactory(evse=evse, ended=True, tariff_version=used)

    assert admin.delete("tariffs/DAY").status_code == 204

    assert problem_of(admin.get("tariffs/DAY")) == (404, "unknown_tariff")
    assert problem_of(admin.delete("tariffs/HELD")) == (409, "still_in_use")
    assert problem_of(admin.delete("tariffs/USED")) == (409, "still_in_use")
    assert admin.get("tariffs/USED").status_code == 200
    assert ChargingStation.objects.exists()
