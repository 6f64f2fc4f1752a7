"""The internal status of a location and its energy sources report, over REST."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import ChargingSession
from energy.models import SiteMeter
from stations.models import Evse
from tests.api.conftest import problem_of
from tests.factories.energy import BatteryFactory, SupplySourceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def charging(place):
    """A car that takes 11 kW at LOC1."""
    return ChargingSession.objects.create(
        evse=Evse.objects.get(uid="E1"), id_token="04A1B2C3", meter_start_wh=0, power_w=11_000,
        started_at=datetime.now(UTC),
    )  # fmt: skip


def test_the_internal_status_says_what_goes_on(viewer, place, charging):
    battery = BatteryFactory(location=place, soc=0.4, energy_kwh=80.0, power_kw=3.0)
    source = SupplySourceFactory(location=place, name="A")
    now = datetime.now(UTC)
    for name, role, power, of in (("M", "SUPPLY", 4.0, source), ("S", "PV", 5.0, None)):
        SiteMeter.objects.create(
            location=place, name=name, role=role, source=of, host="h", power_kw=power, read_at=now
        )

    found = viewer.get("locations/LOC1/internal-status").json()

    assert found == {
        "location_id": "LOC1",
        "batteries": [{"id": battery.pk, "name": battery.name, "energy_kwh": 80.0, "soc": 0.4,
                       "power_kw": 3.0, "out_of_plan": ""}],
        "vehicles_charging": 1,
        "policy": "automatic",
        "limits": {"site_kw": 100.0,
                   "sources": [{"source": "A", "import_kw": 100.0, "contracted_kw": 100.0}]},
        "flows_kw": {"vehicles": 11.0, "photovoltaics": 5.0, "battery": 3.0, "grid": 4.0,
                     "by_source": {"A": 4.0}, "is_estimated": False},
    }  # fmt: skip


def test_without_a_meter_the_grid_is_what_the_others_leave(viewer, place, charging):
    found = viewer.get("locations/LOC1/internal-status").json()

    assert found["flows_kw"] == {
        "vehicles": 11.0, "photovoltaics": None, "battery": None, "grid": 11.0, "by_source": {},
        "is_estimated": True,
    }  # fmt: skip


def test_a_meter_that_is_silent_is_not_believed(viewer, place, charging):
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    SiteMeter.objects.create(
        location=place, name="M", role="SITE", host="h", power_kw=99.0, read_at=long_ago
    )

    assert viewer.get("locations/LOC1/internal-status").json()["flows_kw"]["grid"] == 11.0


def test_the_report_comes_in_each_form(viewer, place, charging):
    month = f"{datetime.now(UTC):%Y-%m}"
    path = f"locations/LOC1/energy-report?month={month}"

    body = viewer.get(path).json()
    kinds = {
        one: viewer.get(f"{path}&format={one}")["Content-Type"] for one in ("csv", "xlsx", "pdf")
    }

    assert {"location_id", "month", "sources", "ev_kwh", "losses_kwh", "estimated"} <= body.keys()
    assert (body["month"], body["estimated"]) == (month, True)
    assert kinds == {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pdf": "application/pdf",
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid_period"),
        ("month=2026-13", "invalid_period"),
        ("month=9999", "invalid_period"),
        ("month=%00", "invalid_period"),
        ("month=2026-10&format=doc", "invalid_format"),
    ],
)
def test_what_cannot_be_reported_is_refused(viewer, place, query, code):
    assert problem_of(viewer.get(f"locations/LOC1/energy-report?{query}")) == (400, code)


@pytest.mark.parametrize("path", ["internal-status", "energy-report?month=2026-10"])
def test_an_unknown_location_is_not_found(viewer, path):
    assert problem_of(viewer.get(f"locations/NONE/{path}")) == (404, "unknown_location")
