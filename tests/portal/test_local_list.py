"""The local authorization list on a station's page."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from booking.models import LocalList
from cpms.portal.views.station import station_fragments
from stations.models import ChargingStation, StationCommand, StationConnection
from tests.factories.stations import StationFactory


@pytest.fixture
def station(db):
    made = StationFactory(identity="CP001")
    StationConnection.objects.update(connected_at=timezone.now())
    return made


def wish(client, what):
    return client.post(reverse("local-list", args=["CP001"]), {"list": what}, follow=True)


def shown(client):
    return station_fragments(client.user, {"station": "CP001"})["live-list"]


def test_an_operator_has_a_list_kept_sent_and_kept_no_more(operator, station):
    answers = [wish(operator, what) for what in ("send", "keep", "send", "leave")]

    first, second, *_ = (answer.content.decode() for answer in answers)
    assert "This list is not kept by us; say so first." in first
    assert "Empty it, keep it no more" in second
    assert LocalList.objects.get().is_managed is False
    assert {command.action for command in StationCommand.objects.all()} == {
        "GetConfiguration", "SendLocalList",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Not kept by us"),
        ({"is_managed": True}, "Being brought up to date"),
        ({"is_managed": True, "is_certain": True}, "As it should be"),
        ({"is_managed": True, "trouble": "failed"}, "The station did not take the list"),
    ],
)
def test_the_page_says_how_the_list_is(viewer, station, fields, words):
    LocalList.objects.create(station=station, version=7, **fields)

    assert words in shown(viewer)
    assert words in viewer.get(reverse("station", args=["CP001"])).content.decode()


def test_what_stands_in_the_list_is_shown(viewer, station):
    entry = {"idTag": "04aabb", "idTagInfo": {"status": "Blocked"}}
    LocalList.objects.create(station=station, entries={"04AABB": entry})

    page = viewer.get(reverse("station", args=["CP001"])).content.decode()

    assert "<dt>04aabb</dt><dd>Blocked</dd>" in page


def test_its_version_is_asked_for_from_the_menu(operator, station):
    operator.post(reverse("station-command", args=["CP001"]), {"command": "list-version"})

    assert StationCommand.objects.get().action == "GetLocalListVersion"


def test_a_viewer_only_looks(client_of, station):
    assert wish(client_of(Role.VIEWER), "keep").status_code == 403
    assert not LocalList.objects.exists()
    assert ChargingStation.objects.exists()
