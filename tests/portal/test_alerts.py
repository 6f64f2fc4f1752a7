"""The page of what needs a person, and taking it on."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditEntry
from alerts.models import Alert
from alerts.portal import pages
from alerts.services import notice_all
from ocpi.models import OwedPush, Partner
from stations.models import StationConnection
from tests.factories.alerts import AlertFactory
from tests.factories.energy import BatteryFactory
from tests.factories.stations import EvseFactory, StationFactory

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def troubles(db):
    """A station that is away, an EVSE that is faulted, a battery, a partner."""
    station = StationFactory(identity="CP001")
    StationConnection.objects.update(connected_at=NOW - HOUR, disconnected_at=NOW - HOUR)
    EvseFactory(
        station=station, uid="E1", status="Faulted", status_at=NOW - 2 * HOUR,
        error_code="GroundFailure", error_info="Leak at <L1>", vendor_error_code="0x17",
    )  # fmt: skip
    BatteryFactory(name="Shed", out_of_plan="soc_jumps", out_of_plan_note="from 20 % to 80 %")
    partner = Partner.objects.create(name="eMSP")
    OwedPush.objects.create(partner=partner, module="cdrs", object_id="1", refused="HTTP 400")
    notice_all(now=NOW)


def test_the_page_says_what_where_since_when_and_what_to_do(viewer, troubles):
    page = viewer.get("/alerts/").content.decode()

    for text in (
        "CP001 is offline.", "E1 reports GroundFailure.", "Leak at &lt;L1&gt; · 0x17",
        "Battery Shed is out of the plan: Its state of charge jumps.", "from 20 % to 80 %",
        "eMSP refused 1 CDR.", "1 hour ago", "2 hours ago", "See its connection", "Reset or unlock",
        'href="/stations/CP001/"', 'href="/partners/',
    ):  # fmt: skip
        assert text in page, text
    assert "Take on…" not in page  # which is for operators


def test_the_worst_and_newest_is_on_top(viewer, troubles):
    page = viewer.get("/alerts/").content.decode()

    texts = ("eMSP refused", "CP001 is offline", "E1 reports", "Battery Shed")
    assert sorted(texts, key=page.index) == list(texts)


def test_the_shell_counts_what_waits(viewer, troubles):
    assert ": 4 alerts wait" in viewer.get("/locations/").content.decode()

    Alert.objects.update(acknowledged_at=NOW)
    assert "alerts wait" not in viewer.get("/locations/").content.decode()


def test_nothing_to_do_is_said(viewer):
    page = viewer.get("/alerts/").content.decode()

    assert "Nothing needs a person." in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [("", "Waits"), ("?state=taken", "Taken"), ("?state=closed", "Over"), ("?kind=dso_alarm", "")],
)
def test_the_list_can_be_narrowed(viewer, query, shown):
    AlertFactory(subject="Waits")
    AlertFactory(subject="Taken", acknowledged_at=NOW)
    AlertFactory(subject="Over", closed_at=NOW)

    page = viewer.get(f"/alerts/{query}").content.decode()

    assert [name for name in ("Waits", "Taken", "Over") if f"{name} is offline" in page] == (
        [shown] if shown else []
    )


@pytest.mark.parametrize("query", ["?state=%00", "?kind=nonsense", "?page=-1", "?page=x"])
def test_a_filter_that_makes_no_sense_is_no_failure(viewer, query):
    assert viewer.get(f"/alerts/{query}").status_code == 200


def test_an_operator_takes_one_on_with_a_note_for_a_while(operator):
    alert, begun = AlertFactory(), datetime.now(UTC)

    answer = operator.post(f"/alerts/{alert.pk}/", {"note": "Called the fitter", "rests": "3600"})

    until = (begun + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1))
    assert answer["Location"] == "/alerts/"
    alert.refresh_from_db()
    assert (alert.note, alert.acknowledged_by) == ("Called the fitter", operator.user)
    assert until[0] <= alert.snoozed_until <= until[1]
    assert AuditEntry.objects.get().said == {"note": "Called the fitter", "rests": "3600"}
    assert "Called the fitter" in operator.get("/alerts/?state=taken").content.decode()


def test_one_that_rested_long_enough_waits_again(viewer):
    AlertFactory(acknowledged_at=NOW - HOUR, snoozed_until=NOW - timedelta(minutes=1))

    assert ": 1 alert waits" in viewer.get("/alerts/").content.decode()


def test_one_is_handed_back(operator):
    alert = AlertFactory(acknowledged_at=NOW, acknowledged_by=operator.user, note="Mine")

    operator.post(f"/alerts/{alert.pk}/hand-back/")

    alert.refresh_from_db()
    assert (alert.acknowledged_at, alert.acknowledged_by, alert.note) == (None, None, "Mine")


def test_what_is_over_cannot_be_taken_on(operator):
    alert = AlertFactory(closed_at=NOW)

    page = operator.post(f"/alerts/{alert.pk}/", {"note": "Late"}).content.decode()
    back = operator.post(f"/alerts/{alert.pk}/hand-back/", follow=True).content.decode()

    assert "This alert is closed" in page
    assert "This alert is closed" in back
    assert Alert.objects.get().note == ""


@pytest.mark.parametrize("fields", [{"rests": "7"}, {"rests": "x"}, {"note": "n" * 501}])
def test_a_wrong_form_says_so(operator, fields):
    alert = AlertFactory()

    answer = operator.post(f"/alerts/{alert.pk}/", fields)

    assert "Please look at this again." in answer.content.decode()
    assert Alert.objects.get().acknowledged_at is None


def test_there_is_no_alert_of_that_number(operator):
    assert operator.get("/alerts/1/").status_code == 404
    assert operator.post("/alerts/1/").status_code == 404


def test_the_list_is_live(viewer, troubles):
    found = pages.list_fragments(viewer.user, {"state": "", "kind": "evse_fault"})

    assert set(found) == {"live-alerts", "live-alert-count"}
    assert "E1 reports" in found["live-alerts"]
    assert "CP001 is offline" not in found["live-alerts"]
    assert ": 4 alerts wait" in found["live-alert-count"]
