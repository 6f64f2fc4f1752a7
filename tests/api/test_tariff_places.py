"""Where, and for whom, a tariff holds: over REST."""

import pytest

from tariffs.models import TariffVersion
from tests.api.conftest import problem_of
from tests.factories.tariffs import body_of_tariff

pytestmark = pytest.mark.django_db

EVERYWHERE_FOR_EMS = {"country_code": "NL", "party_id": "EMS"}
PLACES = [{}, {"evse_uid": "E1"}, {"evse_uid": "E1", "connector_id": "1"}, {"location_id": "LOC1"},
          EVERYWHERE_FOR_EMS]  # fmt: skip


def test_a_tariff_holds_at_exactly_the_places_that_are_said(admin, place):
    made = admin.post("tariffs", body_of_tariff("DAY") | {"holds_at": PLACES})

    assert made.status_code == 201, made.content
    assert sorted(made.json()["holds_at"], key=str) == sorted(PLACES, key=str)
    assert made.json()["location_ids"] == ["LOC1"]
    assert admin.get("connectors/E1:1").json()["tariff_ids"] == ["DAY"]
    assert admin.put("tariffs/DAY", made.json()).json() == made.json()
    assert admin.patch("tariffs/DAY", {"holds_at": [{}]}).json()["holds_at"] == [{}]


def test_location_ids_and_tariff_ids_leave_other_places_alone(admin, place):
    admin.post("tariffs", body_of_tariff("DAY") | {"holds_at": PLACES})

    without = admin.patch("tariffs/DAY", {"location_ids": []}).json()["holds_at"]
    admin.patch("connectors/E1:1", {"tariff_ids": []})

    assert without == [{}, PLACES[1], PLACES[2], EVERYWHERE_FOR_EMS]
    assert admin.get("tariffs/DAY").json()["holds_at"] == [{}, PLACES[1], EVERYWHERE_FOR_EMS]


def test_tariff_ids_of_a_connector_are_those_for_everyone(admin, place):
    plug = {"evse_uid": "E1", "connector_id": "1", **EVERYWHERE_FOR_EMS}
    admin.post("tariffs", body_of_tariff("AGREED") | {"holds_at": [plug]})

    admin.patch("connectors/E1:1", {"tariff_ids": []})

    assert admin.get("connectors/E1:1").json()["tariff_ids"] == []
    assert admin.get("tariffs/AGREED").json()["holds_at"] == [plug]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"holds_at": [{"location_id": "NONE"}]}, "invalid_place"),
        ({"holds_at": [{"evse_uid": "NONE"}]}, "invalid_place"),
        ({"holds_at": [{"evse_uid": "E1", "connector_id": "9"}]}, "invalid_place"),
        ({"holds_at": [{"connector_id": "1"}]}, "invalid"),
        ({"holds_at": [{"evse_uid": "E1", "location_id": "LOC1"}]}, "invalid"),
        ({"holds_at": [{"party_id": "EMS"}]}, "invalid"),
        ({"holds_at": [None]}, "invalid"),
        ({"holds_at": "LOC1"}, "invalid"),
        ({"holds_at": [{}] * 10_001}, "invalid"),
        ({"holds_at": [{}], "location_ids": ["LOC1"]}, "invalid"),
    ],
)
def test_a_place_that_makes_no_sense_is_refused(admin, place, change, code):
    answer = admin.post("tariffs", body_of_tariff("DAY") | change)

    assert problem_of(answer) == (400, code)
    assert not TariffVersion.objects.exists()
