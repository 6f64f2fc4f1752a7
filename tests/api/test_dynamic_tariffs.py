"""Dynamic tariffs over REST, and the form of the portal."""

import pytest
from django.urls import reverse

from energy.models import DynamicTariff
from tests.api.conftest import problem_of
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db

FORMULA = {"margin_kwh": 0.12, "floor_kwh": 0.2, "ceiling_kwh": 0.7, "publish_at": "13:30"}


def test_a_formula_is_put_in_changed_and_taken_away(admin):
    LocationFactory(ocpi_id="LOC1")

    made = admin.post("dynamic-tariffs", {"id": "DYN", "location_id": "LOC1", **FORMULA})
    changed = admin.patch("dynamic-tariffs/DYN", {"largest_change_kwh": 0.1})

    assert (made.status_code, changed.status_code) == (201, 200)
    shown = changed.json()
    assert (shown["margin_kwh"], shown["largest_change_kwh"], shown["days"]) == (0.12, 0.1, {})
    assert admin.delete("dynamic-tariffs/DYN").status_code == 204
    assert problem_of(admin.get("dynamic-tariffs/DYN")) == (404, "unknown_dynamic_tariff")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"floor_kwh": 0.9}, "bad_supply"),
        ({"floor_kwh": -1}, "invalid"),
        ({"margin_kwh": "NaN"}, "invalid"),
        ({"efficiency": 0}, "invalid"),
        ({"publish_at": "25:00"}, "invalid"),
        ({"id": "two words"}, "invalid"),
        ({"location_id": "NONE"}, "invalid"),
    ],
)
def test_a_formula_that_makes_no_sense_is_refused(admin, fields, code):
    LocationFactory(ocpi_id="LOC1")
    body = {"id": "DYN", "location_id": "LOC1", **FORMULA, **fields}

    assert problem_of(admin.post("dynamic-tariffs", body)) == (400, code)
    assert not DynamicTariff.objects.exists()


def test_the_portal_asks_for_the_same(client, admin):
    location = LocationFactory(ocpi_id="LOC1")
    client.force_login(admin.user)
    url = reverse("dynamic-tariff", args=["LOC1"])
    said = {"ocpi_id": "DYN", "is_active": "on", "margin_percent": "0", "efficiency": "0.95"}

    wrong = client.post(url, {**said, **FORMULA, "floor_kwh": "2"})
    right = client.post(url, {**said, **FORMULA})

    assert "the ceiling at least that" in wrong.content.decode()
    assert right.status_code == 302
    assert DynamicTariff.objects.get().location == location
