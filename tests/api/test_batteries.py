"""Batteries over REST and in the portal."""

import pytest
from django.urls import reverse

from energy.models import Battery
from tests.api.conftest import problem_of
from tests.factories.energy import BatteryFactory

pytestmark = pytest.mark.django_db

BODY = {"location_id": "LOC1", "name": "Main", "capacity_kwh": 200, "charge_kw": 100,
        "discharge_kw": 90.5, "host": "127.0.0.1", "port": 1502}  # fmt: skip
WILD = [None, True, -1, 2**64, 1e300, "", "x" * 5000, "NaN", "inf", "\u202e", [], {"a": 1}]


@pytest.fixture(autouse=True)
def _loopback_allowed(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


def test_a_battery_is_added_read_changed_and_removed(admin, place):
    made = admin.post("batteries", BODY)
    where = f"batteries/{made.json()['id']}"
    changed = admin.patch(where, {"capacity_kwh": 210})
    put = admin.put(where, changed.json())
    listed = admin.get("batteries?location_id=LOC1").json()["results"]
    gone = admin.delete(where)

    assert (made.status_code, gone.status_code) == (201, 204)
    assert made.json() == made.json() | BODY | {
        "driver": "sunspec", "efficiency": 0.95, "soc_min": 0.05, "soc_max": 0.95,
        "wear_kwh": 0.02, "sign": 0, "soc": None, "power_kw": None, "out_of_plan": "not_read",
    }  # fmt: skip
    assert changed.json()["capacity_kwh"] == 210
    assert listed == [put.json()]
    assert not Battery.objects.exists()


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"host": "192.168.1.9"}, 400, "egress_refused"),
        ({"soc_min": 0.9, "soc_max": 0.1}, 400, "battery_invalid"),
        ({"capacity_kwh": "NaN"}, 400, "invalid"),
        ({"location_id": "NONE"}, 400, "invalid"),
        ({"driver": "registers"}, 400, "battery_invalid"),
    ],
)
def test_a_battery_that_cannot_be_is_refused(admin, place, more, status, code):
    assert problem_of(admin.post("batteries", BODY | more)) == (status, code)
    assert not Battery.objects.exists()


def test_a_second_one_of_the_same_name_is_a_conflict(admin, place):
    admin.post("batteries", BODY)

    assert problem_of(admin.post("batteries", BODY)) == (409, "battery_exists")


@pytest.mark.parametrize("wild", WILD, ids=lambda value: repr(value)[:24])
def test_a_wild_value_in_any_field_never_ends_in_a_500(admin, place, wild):
    battery = BatteryFactory(location=place)

    for name in [*admin.get(f"batteries/{battery.pk}").json(), "location_id"]:
        for answer in (
            admin.patch(f"batteries/{battery.pk}", {name: wild}),
            admin.post("batteries", BODY | {name: wild}),
        ):
            if answer.status_code >= 300:
                assert problem_of(answer)[0] in {400, 409}, name
        Battery.objects.exclude(pk=battery.pk).delete()


@pytest.mark.parametrize("key", ["0", "99999999999999999999"])
def test_an_unknown_battery_is_not_found(admin, key):
    assert problem_of(admin.get(f"batteries/{key}")) == (404, "unknown_battery")


def test_the_portal_shows_and_changes_a_battery(admin, place, client):
    battery = BatteryFactory(location=place, power_kw=-12.34, soc=0.64)
    client.force_login(admin.user)
    form = {name: value for name, value in BODY.items() if name != "location_id"}
    form |= {"is_enabled": "on", "efficiency": 0.9, "soc_min": 0.1, "soc_max": 0.9,
             "wear_kwh": "0.02", "driver": "sunspec", "unit_id": 1}  # fmt: skip

    listed = client.get(reverse("batteries")).content.decode()
    edited = client.post(reverse("battery-edit", args=[battery.pk]), form)
    turned = client.post(reverse("battery-edit", args=[battery.pk]), form | {"soc_max": 0.05})

    assert all(words in listed for words in ("64 %", "charges 12.3 kW", "100.0 kWh"))
    assert (edited.status_code, Battery.objects.get().capacity_kwh) == (302, 200)
    assert "It must be above the lowest." in turned.content.decode()


def test_the_sign_is_tested_when_asked_for(admin, place):
    battery = BatteryFactory(location=place, sign=0)
    where = f"batteries/{battery.pk}/test"

    never = problem_of(admin.get(where))
    asked = admin.post(where)

    assert never == (404, "never_tested")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert admin.get(where).json() == asked.json()
    assert problem_of(admin.post(where)) == (409, "already_tested")
