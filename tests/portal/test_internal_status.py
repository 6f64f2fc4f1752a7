"""The pages of energy: internal status, energy sources, a battery."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from cpms.portal.live_views import VIEWS
from energy.models import CommissioningTest, SiteMeter
from energy.services.setpoints import command
from tests.factories.energy import BatteryFactory, SupplySourceFactory
from tests.factories.stations import LocationFactory


@pytest.fixture
def battery(db):
    location = LocationFactory(ocpi_id="LOC1")
    source = SupplySourceFactory(location=location, name="North feeder")
    SiteMeter.objects.create(
        location=location, name="M", role="SUPPLY", source=source, host="h", power_kw=12.34,
        read_at=datetime.now(UTC),
    )  # fmt: skip
    return BatteryFactory(location=location, soc=0.64, power_kw=-20.0)


def test_the_internal_status_shows_flows_batteries_and_limits(viewer, battery):
    page = viewer.get(reverse("internal-status", args=["LOC1"])).content.decode()

    words = ("12.3 <small>kW", "metered", "64 %", "charges 20.0 kW", "North feeder", "100.0 kW")
    assert [word for word in words if word not in page] == []


def test_it_is_live(viewer, battery):
    view = VIEWS["internal-status"]

    fragments = view.fragments(viewer.user, {"location": "LOC1"})

    assert "charges 20.0 kW" in fragments["live-energy"]
    assert view.topics({"location": "LOC1"}) == {f"location:{battery.location_id}"}


@pytest.mark.parametrize("month", ["", "2026-10", "2026-Q4", "2026"])
def test_the_report_is_shown(viewer, battery, month):
    answer = viewer.get(reverse("energy-report", args=["LOC1"]), {"month": month})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert all(word in page for word in ("View full report", "North feeder", "data-chart"))


def test_the_report_comes_as_a_file_too(viewer, battery):
    url = reverse("energy-report", args=["LOC1"])

    answer = viewer.get(url, {"month": "2026-10", "format": "pdf"})

    assert answer["Content-Disposition"] == 'attachment; filename="energy-2026-10.pdf"'
    assert answer.content.startswith(b"%PDF-")


def test_a_time_that_is_none_is_said_in_words(viewer, battery):
    answer = viewer.get(reverse("energy-report", args=["LOC1"]), {"month": "<x>"})

    assert answer.status_code == 400
    assert "A period is a month" in answer.content.decode()


def test_a_battery_has_a_page_with_its_setpoints_and_its_test(viewer, battery):
    now = datetime.now(UTC)
    command(battery=battery, power_kw=-20, until=now.replace(year=now.year + 1), reason="cheap",
            now=now)  # fmt: skip
    CommissioningTest.objects.create(
        battery=battery, state="passed", steps=[{"at": now.isoformat(), "text": "Told to charge."}]
    )

    page = viewer.get(reverse("battery", args=[battery.pk])).content.decode()

    assert all(word in page for word in ("charges 20.0 kW", "cheap", "Told to charge.", "Passed"))


def test_only_administrators_begin_a_test(operator, administrator, battery):
    url = reverse("battery-test", args=[battery.pk])

    answers = [client.post(url).status_code for client in (operator, administrator)]

    assert answers == [403, 302]
    assert CommissioningTest.objects.get().asked_by == administrator.user


@pytest.mark.parametrize("name", ["internal-status", "energy-report"])
def test_an_unknown_location_is_not_found(viewer, name):
    assert viewer.get(reverse(name, args=["NONE"])).status_code == 404
