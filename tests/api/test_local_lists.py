"""Local authorization lists over REST."""

import pytest
from django.utils import timezone

from booking.models import LocalList
from stations.models import ChargingStation, StationCommand, StationConnection
from tests.api.conftest import problem_of
from tests.factories.booking import TokenFactory

pytestmark = pytest.mark.django_db
NONE = {
    "station": "CP1",
    "managed": False,
    "version": 0,
    "entries": [],
    "synced": False,
    "trouble": "",
    "accepted_at": None,
    "checked_at": None,
    "retry_at": None,
}


@pytest.fixture
def _connected(place):
    StationConnection.objects.update(connected_at=timezone.now(), disconnected_at=None)


@pytest.mark.usefixtures("_connected")
def test_a_station_has_a_list_that_is_kept_or_not(operator, place):
    before = operator.get("local-lists/CP1").json()
    listed = operator.get("local-lists").json()["results"]

    kept = operator.patch("local-lists/CP1", {"managed": True}).json()

    assert (before, listed) == (NONE, [])
    assert kept == NONE | {"managed": True}
    assert operator.get("local-lists/CP1").json() == kept
    assert operator.get("local-lists").json()["results"] == [kept]
    assert StationCommand.objects.get().action == "GetConfiguration"


def test_what_stands_there_is_told(operator, place):
    entries = {
        tag.upper(): {"idTag": tag, "idTagInfo": {"status": "Accepted"}} for tag in ("b2", "a1")
    }
    station = ChargingStation.objects.get()
    LocalList.objects.create(station=station, version=7, entries=entries, is_certain=True)

    found = operator.get("local-lists/CP1").json()

    assert found == NONE | {
        "version": 7,
        "entries": [entries["A1"], entries["B2"]],
        "synced": True,
    }


@pytest.mark.usefixtures("_connected")
def test_the_whole_list_is_sent_anew(operator, place):
    TokenFactory()
    operator.patch("local-lists/CP1", {"managed": True})
    LocalList.objects.update(trouble="unsupported", command=None)
    StationCommand.objects.all().delete()

    answer = operator.post("local-lists/CP1/send")

    assert (answer.status_code, answer.json()["trouble"]) == (202, "")
    assert StationCommand.objects.get().issued_by == operator.user


@pytest.mark.parametrize("body", [{}, {"managed": "perhaps"}, {"managed": None}, [], 7])
def test_a_wish_that_makes_no_sense_is_refused(operator, place, body):
    assert problem_of(operator.patch("local-lists/CP1", body))[0] == 400
    assert not LocalList.objects.exists()


def test_a_list_that_is_not_kept_is_not_sent(operator, place):
    assert problem_of(operator.post("local-lists/CP1/send")) == (409, "list_not_managed")
    assert problem_of(operator.post("local-lists/NONE/send")) == (404, "unknown_station")
    assert not StationCommand.objects.exists()
