"""A location's energy in the portal: sources, contracts, limits, policy, prices."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from energy import selectors, services
from energy.models import (
    CapacityLimit,
    DispatchDue,
    PriceList,
    SiteLimit,
    SiteMeter,
    SupplySource,
)
from tests.factories.energy import (
    EnergyPriceFactory,
    SupplyContractFactory,
    SupplySourceFactory,
)
from tests.factories.stations import LocationFactory

FLAT = {"kind": "FLAT", "price_kwh": "0.142", "currency": "EUR", "valid_from": "2026-01-01T00:00"}


def page(client, location):
    return client.get(reverse("energy", args=[location.ocpi_id])).content.decode()


def test_from_nothing_to_a_plan(administrator):
    location = LocationFactory(time_zone="Europe/Rome")
    empty = page(administrator, location)
    args = [location.ocpi_id]

    administrator.post(
        reverse("supply-source-add", args=args), {"name": "North", "import_limit_kw": "80"}
    )
    source = SupplySource.objects.get()
    added = administrator.post(reverse("supply-contract-add", args=[*args, source.pk]), FLAT)
    services.dispatch_due(now=datetime.now(UTC))

    shown = page(administrator, location)
    assert "Where this location" in empty
    assert added.status_code == 302
    assert source.contracts.get().valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert "North 0.0 kW" in shown
    assert "0.1420 EUR" in shown
    assert 'data-chart="plan"' in shown


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"price_kwh": "85.3"}, "the price must be from -1 to 5 per kWh"),
        ({"price_kwh": ""}, "one by bands three prices"),
        ({"valid_from": "yesterday"}, "Enter a valid date"),
    ],
)
def test_a_contract_that_makes_no_sense_is_a_form_error(administrator, fields, fault):
    source = SupplySourceFactory()
    url = reverse("supply-contract-add", args=[source.location.ocpi_id, source.pk])

    answer = administrator.post(url, {**FLAT, **fields})

    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert not source.contracts.exists()


def test_a_limit_is_said_by_the_clock_of_the_location_and_taken_back(administrator):
    source = SupplySourceFactory(location__time_zone="Europe/Rome")
    place = source.location
    local = datetime.now(UTC) + timedelta(days=2)
    body = {"source": source.pk, "kind": "IMPORT", "phase": "ALL", "kw": "40"}
    add = reverse("capacity-limit-add", args=[place.ocpi_id])

    administrator.post(add, {**body, "starts_at": f"{local:%Y-%m-%d}T12:00"})
    absurd = administrator.post(add, {**body, "kw": "-3"})

    limit = CapacityLimit.objects.get()
    assert (limit.kw, limit.origin, absurd.status_code) == (40, "manual", 200)
    assert limit.starts_at.hour in (10, 11)
    assert "40.0 kW" in page(administrator, place)
    administrator.post(reverse("capacity-limit-remove", args=[place.ocpi_id, limit.pk]))
    assert not CapacityLimit.objects.exists()


def test_a_policy_is_chosen_with_what_the_location_may_draw(administrator):
    source = SupplySourceFactory()
    url = reverse("energy-policy", args=[source.location.ocpi_id])

    wrong = administrator.post(url, {"kind": "fixed_source"})
    right = administrator.post(
        url, {"kind": "fixed_source", "source": source.pk, "site_limit_kw": "60"}
    )

    policy = selectors.policy_of(source.location)
    assert (wrong.status_code, right.status_code) == (200, 302)
    assert (policy.kind, policy.source) == ("fixed_source", source)
    assert SiteLimit.objects.get().import_limit_kw == 60
    assert DispatchDue.objects.get().location == source.location


def test_price_lists_show_their_prices_and_whether_they_are_stale(administrator):
    now = datetime.now(UTC)
    EnergyPriceFactory(
        price_list__name="Fresh", starts_at=now - timedelta(minutes=5), received_at=now
    )

    administrator.post(
        reverse("price-list-add"), {"name": "Empty", "currency": "EUR", "stale_hours": "2"}
    )

    shown = administrator.get(reverse("price-lists")).content.decode()
    assert PriceList.objects.get(name="Empty").stale_after == timedelta(hours=2)
    assert shown.index("Empty") < shown.index("stale") < shown.index("Fresh")
    assert "up to date" in shown


def test_who_may_not_configure_reads(viewer):
    contract = SupplyContractFactory()
    place = contract.source.location

    shown = page(viewer, place)

    assert contract.source.name in shown
    assert reverse("supply-source-add", args=[place.ocpi_id]) not in shown
    assert viewer.get(reverse("energy-policy", args=[place.ocpi_id])).status_code == 403


def test_the_page_says_what_is_estimated(administrator):
    location = LocationFactory()
    contract = SupplyContractFactory(source__location=location, source__name="North")
    type(contract).objects.update(
        demand_charge_kw_month=4, valid_from=datetime(2026, 1, 1, tzinfo=UTC)
    )
    services.dispatch(location=location, now=datetime.now(UTC))

    estimated = page(administrator, location)
    SiteMeter.objects.create(location=location, name="Main", role="SITE", driver="upload")
    services.dispatch(location=location, now=datetime.now(UTC))
    metered = page(administrator, location)

    assert "North: highest power of this month 0.0 kW, aimed at 0.0 kW." in estimated
    assert "the load is estimated from the sessions" in estimated
    assert "the load is estimated from the sessions" not in metered
