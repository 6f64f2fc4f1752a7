"""Alerts over REST."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.models import Alert
from tests.api.conftest import problem_of
from tests.factories.alerts import AlertFactory
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)


def test_an_alert_says_what_where_and_since_when(viewer):
    alert = AlertFactory(subject="CP1", location=LocationFactory(ocpi_id="LOC1"))

    assert viewer.get(f"alerts/{alert.pk}").json() == {
        "id": alert.pk,
        "kind": "station_offline",
        "severity": "critical",
        "location_id": "LOC1",
        "text": "CP1 is offline.",
        "details": "",
        "facts": {"station": "CP1"},
        "since": "2026-06-01T12:00:00Z",
        "opened_at": "2026-06-01T12:00:00Z",
        "closed_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "snoozed_until": None,
        "note": "",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["C", "B", "A"]),
        ("?state=open", ["B", "A"]),
        ("?state=waiting", ["A"]),
        ("?state=closed", ["C"]),
        ("?severity=warning", ["B"]),
        ("?location=LOC1", ["A"]),
        ("?kind=dso_alarm", []),
        ("?ordering=opened_at", ["A", "B", "C"]),
    ],
)
def test_the_list_is_narrowed_and_ordered(viewer, query, expected):
    AlertFactory(subject="A", location=LocationFactory(ocpi_id="LOC1"))
    AlertFactory(subject="B", severity=2, acknowledged_at=NOW)
    AlertFactory(subject="C", closed_at=NOW)

    rows = viewer.get(f"alerts{query}").json()["results"]

    assert [row["facts"]["station"] for row in rows] == expected


@pytest.mark.parametrize("query", ["?state=x", "?kind=x", "?severity=3", "?ordering=x"])
def test_a_filter_that_makes_no_sense_is_refused(viewer, query):
    assert viewer.get(f"alerts{query}").status_code == 400


def test_an_operator_takes_one_on_and_hands_it_back(operator):
    alert = AlertFactory()
    until = (NOW + timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    taken = operator.post(f"alerts/{alert.pk}/acknowledge", {"note": "Mine", "until": until})

    assert taken.status_code == 200
    body = taken.json()
    assert (body["note"], body["snoozed_until"]) == ("Mine", until)
    assert body["acknowledged_by"].endswith("@example.com")
    back = operator.post(f"alerts/{alert.pk}/hand-back", {}).json()
    assert (back["acknowledged_at"], back["snoozed_until"]) == (None, None)


@pytest.mark.parametrize("until", [NOW - timedelta(hours=1), NOW + timedelta(days=31)])
def test_it_rests_until_a_time_to_come_and_not_for_ever(operator, until):
    alert = AlertFactory()

    answer = operator.post(f"alerts/{alert.pk}/acknowledge", {"until": until.isoformat()})

    assert problem_of(answer) == (400, "snooze_ended")
    assert Alert.objects.get().acknowledged_at is None


def test_what_is_over_or_unknown_is_refused(operator):
    over = AlertFactory(closed_at=NOW)

    assert problem_of(operator.post(f"alerts/{over.pk}/acknowledge", {})) == (409, "alert_closed")
    assert problem_of(operator.post(f"alerts/{over.pk}/hand-back", {})) == (409, "alert_closed")
    assert problem_of(operator.get("alerts/0")) == (404, "unknown_alert")
    assert problem_of(operator.post("alerts/0/acknowledge", {})) == (404, "unknown_alert")
