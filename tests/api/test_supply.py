"""Supply of locations over REST: what can be said, and what cannot."""

from datetime import UTC, datetime, timedelta

import pytest

from energy.models import DispatchDue, EnergyPolicy
from tests.api.conftest import problem_of
from tests.factories.energy import SupplyContractFactory, SupplySourceFactory
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
BEGIN, END = ((NOW + timedelta(hours=n)).isoformat() for n in (1, 2))


def test_a_source_with_its_contract_is_put_in_and_planned(admin):
    LocationFactory(ocpi_id="LOC1")
    source = admin.post(
        "supply-sources", {"location_id": "LOC1", "name": "A", "import_limit_kw": 100}
    ).json()

    answer = admin.post(
        "supply-contracts",
        {"source_id": source["id"], "kind": "FLAT", "price_kwh": 0.142, "co2_g_kwh": 300,
         "valid_from": "2026-01-01T00:00:00Z"},
    )  # fmt: skip

    assert answer.status_code == 201
    shown = admin.get(f"supply-contracts/{answer.json()['id']}").json()
    assert shown == answer.json()
    assert {name: shown[name] for name in ("location_id", "source_id", "kind", "price_kwh")} == {
        "location_id": "LOC1", "source_id": source["id"], "kind": "FLAT", "price_kwh": 0.142,
    }  # fmt: skip
    assert [due.location.ocpi_id for due in DispatchDue.objects.all()] == ["LOC1"]


def test_a_contract_is_changed_in_part_and_taken_away(admin):
    contract = SupplyContractFactory()
    url = f"supply-contracts/{contract.pk}"

    changed = admin.patch(url, {"price_kwh": 0.3})

    assert (changed.status_code, changed.json()["price_kwh"]) == (200, 0.3)
    assert admin.delete(url).status_code == 204
    assert problem_of(admin.get(url)) == (404, "unknown_supply_contract")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price_kwh": 85.3}, "bad_contract"),
        ({"price_kwh": None}, "bad_supply"),
        ({"price_kwh": "NaN"}, "invalid"),
        ({"kind": "SPOT"}, "bad_supply"),
        ({"kind": "NIGHT"}, "invalid"),
        ({"currency": "euro"}, "invalid"),
        ({"demand_charge_kw_month": -1}, "invalid"),
        ({"valid_from": "2026-10-25T02:30:00"}, "invalid"),
        ({"source_id": 0}, "invalid"),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(admin, fields, code):
    source = SupplySourceFactory()
    body = {"source_id": source.pk, "kind": "FLAT", "price_kwh": 0.1, **fields}

    assert problem_of(admin.post("supply-contracts", body)) == (400, code)
    assert not source.contracts.exists()


def test_contracts_of_a_location_are_in_one_currency(admin):
    first = SupplyContractFactory()
    other = SupplySourceFactory(location=first.source.location)
    body = {"source_id": other.pk, "kind": "FLAT", "price_kwh": 0.1, "currency": "SEK"}

    assert problem_of(admin.post("supply-contracts", body)) == (400, "bad_contract")


@pytest.mark.parametrize(
    "limit",
    [{"kw": -1}, {"kw": 10_000_000}, {"ends_at": BEGIN}, {"starts_at": "2030-10-27T02:30:00"},
     {"kw": None}, {"kind": "SUGGESTED"}, {"starts_at": "2062-01-01T00:00:00Z"}],
)  # fmt: skip
def test_an_absurd_limit_is_refused(admin, limit):
    source = SupplySourceFactory()
    said = {"kw": 40, "starts_at": BEGIN, "ends_at": None, **limit}
    body = {"source_id": source.pk, "reference": "works", "limits": [said]}

    assert admin.post("capacity-limits", body).status_code == 400
    assert admin.get("capacity-limits").json()["results"] == []


def test_limits_are_said_and_taken_back(admin):
    source = SupplySourceFactory()
    body = {"source_id": source.pk, "reference": "works", "limits": [{"kw": 40}, {"kw": 30}]}

    answer = admin.post("capacity-limits", body)

    first, second = admin.get(f"capacity-limits?location_id={source.location.ocpi_id}").json()[
        "results"
    ]
    assert answer.status_code == 201
    assert answer.json()["taken"] == 2
    assert "the lower one holds" in answer.json()["doubts"][0]
    assert {first["kw"], second["kw"]} == {30, 40}
    assert admin.delete(f"capacity-limits/{first['id']}").status_code == 204
    assert problem_of(admin.delete("capacity-limits/0")) == (404, "unknown_capacity_limit")


def test_prices_are_taken_in_the_unit_that_they_say(admin):
    zone = admin.post("price-lists", {"name": "DE-LU"}).json()
    said = [{"starts_at": BEGIN, "ends_at": END, "price": 85.3}]
    url = f"price-lists/{zone['id']}/prices"

    answer = admin.post(url, {"unit": "MWh", "prices": said})

    assert (answer.status_code, answer.json()) == (201, {"taken": 1, "doubts": []})
    assert problem_of(admin.post(url, {"unit": "kWh", "prices": said})) == (400, "bad_prices")
    assert problem_of(admin.post(url, {"unit": "GWh", "prices": said})) == (400, "invalid")
    [price] = admin.get("energy-prices?price_list=DE-LU").json()["results"]
    assert (price["price_kwh"], price["origin"]) == (0.0853, "manual")


def test_a_location_is_steered_by_policy(admin):
    source = SupplySourceFactory(location__ocpi_id="LOC1")
    before = admin.get("energy-policies/LOC1").json()

    made = admin.post("energy-policies", {"location_id": "LOC1", "kind": "cheapest"})
    put = admin.put("energy-policies/LOC1", {"kind": "fixed_source", "source_id": source.pk})
    kept = admin.patch("energy-policies/LOC1", {"kind": "battery_reserve", "reserve_soc": 0.4})

    assert (before["kind"], made.status_code, put.status_code) == ("automatic", 201, 200)
    assert put.json()["source_id"] == source.pk
    assert (kept.json()["kind"], kept.json()["reserve_soc"]) == ("battery_reserve", 0.4)
    assert EnergyPolicy.objects.count() == 1
    assert [one["location_id"] for one in admin.get("energy-policies").json()["results"]] == [
        "LOC1"
    ]
    assert admin.get("energy-policies/LOC1/plan").json() == {"location_id": "LOC1", "plan": None}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "fixed_source"}, "bad_policy"),
        ({"kind": "lucky"}, "invalid"),
        ({"kind": "battery_reserve", "reserve_soc": 1.5}, "invalid"),
        ({"kind": "battery_reserve", "reserve_soc": "NaN"}, "invalid"),
        ({"kind": "fixed_source", "source_id": 0}, "invalid"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(admin, body, code):
    LocationFactory(ocpi_id="LOC1")

    assert problem_of(admin.put("energy-policies/LOC1", body)) == (400, code)
    assert not EnergyPolicy.objects.exists()


def test_a_source_of_another_location_cannot_be_the_one(admin):
    LocationFactory(ocpi_id="LOC1")
    other = SupplySourceFactory()
    body = {"kind": "fixed_source", "source_id": other.pk}

    assert problem_of(admin.put("energy-policies/LOC1", body)) == (400, "bad_policy")
