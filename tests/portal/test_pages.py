"""Who sees which page, and what stands there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.models import User
from booking.models import ChargingSession, Token
from stations.models import (
    ChargingStation,
    Evse,
    OcppMessage,
    StationCommand,
    StationConnection,
    StationQuirk,
)
from tests.factories.stations import EvseFactory, StationFactory
from tests.portal.network import NOW, busy_station, refused

READS = [
    "overview", "locations", "stations", "sessions", "messages", "tariffs", "tokens", "refusals",
    "batteries", "price-lists",
]  # fmt: skip
ADMINISTERS = [
    "users",
    "user-add",
    "location-add",
    "station-add",
    "tariff-add",
    "battery-add",
    "price-list-add",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*READS, *ADMINISTERS, "api-tokens", "picker", "search"])
def test_an_anonymous_visitor_is_sent_to_the_log_in(client, name):
    answer = client.get(reverse(name))

    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={reverse(name)}")


@pytest.mark.django_db
def test_an_anonymous_visitor_learns_nothing_of_a_station(client):
    station = busy_station()

    answers = [
        client.get(reverse("station", args=[station.identity])),
        client.get(reverse("location", args=[station.location.ocpi_id])),
        client.post(reverse("station-command", args=[station.identity]), {"command": "soft-reset"}),
        client.post(reverse("evse-unlock", args=["CP001-1"])),
    ]

    assert [(answer.status_code, answer["Location"].split("?")[0]) for answer in answers] == [
        (302, "/login/")
    ] * 4
    assert not StationCommand.objects.exists()


@pytest.mark.parametrize("name", READS)
def test_a_viewer_reads(viewer, name):
    busy_station()

    assert viewer.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ADMINISTERS)
def test_administration_is_for_administrators(operator, administrator, name):
    answers = [operator.get(reverse(name)), administrator.get(reverse(name))]

    assert [answer.status_code for answer in answers] == [403, 200]


@pytest.mark.parametrize("name", ["token-add", "reservation-add"])
def test_a_form_that_a_viewer_cannot_send_is_not_shown_to_them(viewer, operator, name):
    answers = [viewer.get(reverse(name)), operator.get(reverse(name))]

    assert [answer.status_code for answer in answers] == [403, 200]


def test_a_user_without_a_role_is_told_so(client_of):
    answer = client_of(Role.NONE).get("/")

    assert answer.status_code == 403
    assert "Your account has no role yet" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "argument", "form"),
    [
        ("station-command", "CP001", {"command": "soft-reset"}),
        ("evse-start", "CP001-1", {"id_token": "04A1B2C3"}),
        ("evse-stop", "CP001-1", {}),
        ("evse-unlock", "CP001-1", {}),
        ("evse-availability", "CP001-1", {"availability": "Inoperative"}),
    ],
)
def test_a_viewer_cannot_act(viewer, name, argument, form):
    station = busy_station()

    answer = viewer.post(reverse(name, args=[argument]), form)
    page = viewer.get(reverse("station", args=[station.identity])).content.decode()

    assert answer.status_code == 403
    assert not StationCommand.objects.exists()
    assert "Remote action" not in page
    assert 'data-do="fill"' not in page


@pytest.mark.parametrize(
    ("command", "action", "payload"),
    [
        ("soft-reset", "Reset", {"type": "Soft"}),
        ("hard-reset", "Reset", {"type": "Hard"}),
        ("configuration", "GetConfiguration", {}),
        ("clear-cache", "ClearCache", {}),
        ("plan", "GetCompositeSchedule", {"connectorId": 0, "duration": 86_400}),
        ("clear-profiles", "ClearChargingProfile", {}),
    ],
)
def test_an_operator_asks_the_station(operator, command, action, payload):
    busy_station()

    answer = operator.post(
        reverse("station-command", args=["CP001"]), {"command": command}, follow=True
    )

    issued = StationCommand.objects.get()
    assert (issued.action, issued.payload, issued.issued_by) == (action, payload, operator.user)
    assert f"{action} was sent to the station." in answer.content.decode()


def test_an_operator_unlocks_an_evse_by_the_stations_own_number(operator):
    busy_station(evses=2)

    operator.post(reverse("evse-unlock", args=["CP001-2"]))

    issued = StationCommand.objects.get()
    assert (issued.action, issued.payload) == ("UnlockConnector", {"connectorId": 2})


@pytest.mark.parametrize(
    ("name", "argument", "form"),
    [
        ("station-command", "CP001", {"command": "explode"}),
        ("station-command", "CP001", {}),
        ("evse-start", "CP001-1", {"id_token": "unknown"}),
        ("evse-start", "CP001-1", {"id_token": "\0"}),
        ("evse-availability", "CP001-1", {"availability": "Nonsense"}),
        (
            "evse-availability",
            "CP001-1",
            {"availability": "Inoperative", "until": "0001-01-01T00:00"},
        ),
        (
            "evse-availability",
            "CP001-1",
            {"availability": "Inoperative", "until": "9999-12-31T23:59"},
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(operator, name, argument, form):
    busy_station()
    ChargingSession.objects.all().delete()

    answer = operator.post(reverse(name, args=[argument]), form, follow=True)

    assert answer.status_code == 200
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert not StationCommand.objects.exists()


def test_actions_are_not_done_by_following_a_link(operator):
    busy_station()

    answer = operator.get(reverse("evse-unlock", args=["CP001-1"]))

    assert answer.status_code == 405
    assert not StationCommand.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["/nowhere/", "/stations/NOBODY/", "/locations/NOWHERE/", "/stations/%00/", "/locations/%00/"],
)
def test_what_does_not_exist_has_a_page_that_says_so(viewer, path):
    answer = viewer.get(path)

    assert answer.status_code == 404
    assert "The address is wrong" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/?q=\0", "/stations/?q=%00&location=%00", "/stations/?page=x", "/search/?q=%00"]
)
def test_a_rude_query_string_is_no_bug_of_ours(viewer, path):
    assert viewer.get(path, follow=True).status_code == 200


def test_search_goes_to_the_station_or_the_sessions_else_to_the_list(viewer):
    busy_station("CP001")

    found = viewer.get("/search/", {"q": "cp001"})
    others = viewer.get("/search/", {"q": "cp0"})

    sessions = viewer.get("/search/", {"q": "04a1b2c3"})

    assert [answer["Location"] for answer in (found, others, sessions)] == [
        "/stations/CP001/", "/stations/?q=cp0", "/sessions/?id_token=04a1b2c3"
    ]  # fmt: skip


def test_an_empty_network_says_how_to_begin(administrator):
    page = administrator.get("/").content.decode()

    assert reverse("location-add") in page
    assert "ws-connect" not in page


def test_the_overview_counts_what_is_free_and_names_what_is_wrong(viewer):
    station = busy_station(evses=2)
    EvseFactory(station=station, number=3, status="Available")
    EvseFactory(station=station, number=4, status="Faulted", error_code="GroundFailure")
    away = StationFactory(identity="AWAY", location=station.location)
    StationConnection.objects.filter(station=away).update(
        connected_at=NOW - timedelta(hours=1), disconnected_at=NOW
    )
    EvseFactory(station=away, status="Available")

    answer = viewer.get("/")

    tally = answer.context["places"][0]["tally"]
    assert (tally.free, tally.in_use, tally.not_working, tally.offline) == (1, 2, 2, 1)
    assert answer.context["places"][0]["state"].word == "Degraded"
    alerts = [alert.get("evse", alert["station"]) for alert in answer.context["alerts"]]
    assert [str(alert) for alert in alerts] == ["AWAY", "EVSE-" + str(alerts[1].uid).split("-")[1]]
    assert "GroundFailure" in answer.content.decode()


def test_the_overview_says_that_stations_are_refused(viewer):
    busy_station()
    for identity in ("CP001", "NOBODY"):
        refused(identity)

    page = viewer.get("/").content.decode()

    assert "2 stations are being refused" in page
    assert "All stations are connected" not in page


def test_an_unknown_value_is_written(viewer):
    busy_station()
    ChargingSession.objects.update(power_w=None, soc_percent=None)

    page = viewer.get(reverse("station", args=["CP001"])).content.decode()

    assert "Power not reported" in page
    assert '<span class="muted">not reported</span>' in page  # the firmware


@pytest.mark.parametrize(
    ("name", "argument", "form"),
    [
        ("station-command", "CP001", {"command": "soft-reset"}),
        ("evse-unlock", "CP001-1", {}),
        ("station-new-key", "CP001", {}),
        ("token-add", None, {"uid": "04FFFF"}),
        (
            "user-add",
            None,
            {"email": "x@example.com", "role": "administrator", "password": "x" * 12},
        ),
    ],
)
def test_a_form_of_another_site_does_nothing(administrator, name, argument, form):
    station = busy_station()
    key = bytes(station.key_digest)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator.user)

    answer = strict.post(reverse(name, args=[argument] if argument else []), form)

    station.refresh_from_db()
    assert answer.status_code == 403
    assert "This form is too old." in answer.content.decode()
    assert not StationCommand.objects.exists()
    assert (bytes(station.key_digest), User.objects.count()) == (key, 1)
    assert not Token.objects.exists()


def test_what_a_station_says_is_text_and_nothing_else(administrator):
    evil = "<img src=x onerror=alert(1)>"
    station = busy_station()
    ChargingStation.objects.update(
        vendor=evil, model=evil, serial_number=evil, firmware_version=evil, booted_at=NOW,
        station_error_code=evil,
        configuration={evil: {"value": evil, "readonly": True}},
    )  # fmt: skip
    Evse.objects.update(
        status="Faulted", error_code=evil, error_info=evil, physical_reference=evil[:16]
    )
    ChargingSession.objects.update(id_token=evil[:20], stop_reason=evil[:20])
    StationQuirk.objects.create(station=station, name=evil, count=1, last_at=NOW)
    refused(evil)
    OcppMessage.objects.create(
        id=1, at=NOW, station_id=station.pk, direction="in", action=evil, message_id=evil,
        request=f'{{"data": "{evil}"}}', answer=evil, error_code=evil,
    )  # fmt: skip
    session = ChargingSession.objects.get()
    pages = [
        "/", "/stations/", "/stations/CP001/", "/stations/CP001/connect/", "/messages/",
        "/sessions/", "/refused-connections/", f"/locations/{station.location.ocpi_id}/",
        f"/sessions/{session.pk}/",
    ]  # fmt: skip

    answers = {page: administrator.get(page) for page in pages}

    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(
        pages, 200
    )
    assert [page for page, answer in answers.items() if b"<img src=x" in answer.content] == []
    assert b"&lt;img src=x onerror" in answers["/stations/CP001/"].content


def test_a_file_is_not_made_by_a_filter_that_makes_no_sense(viewer):
    answer = viewer.get(reverse("sessions") + "?format=csv&from=yesterday")

    assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "“yesterday” is not a date like 2026-10-14." in answer.content.decode()
