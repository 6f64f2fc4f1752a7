"""Our VEN and a VTN with the quirks of real ones, over real sockets, in both wire versions."""

import urllib.error
from datetime import timedelta

import pytest

from dso.errors import PeerFailed, UnknownToken
from dso.models import Dso, OwedMessage, VtnEvent
from dso.services import access, keeping, polling, presence, reporting, sending
from energy.models import CapacityLimit, EnergyPrice, FallbackHold
from energy.selectors import limit_kw
from tests.dso.conftest import EAN
from tests.factories.energy import SupplySourceFactory

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
LIMIT = "IMPORT_CAPACITY_LIMIT"


def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def poll(dso):
    reading = polling.poll(dso_id=dso.pk)
    dso.refresh_from_db()
    return reading


def test_limits_and_prices_of_events_hold(grid, vtn, source, now):
    vtn.program()
    vtn.event(
        [{LIMIT: 40, "PRICE": 0.2}, {LIMIT: 30, "PRICE": 0.3}], start=text(now), length="PT1H"
    )

    reading = poll(grid)

    assert reading.refused == []
    assert [limit_kw(source, now + HOUR * step) for step in (0.5, 1.5, 2.5)] == [40, 30, 100]
    prices = EnergyPrice.objects.order_by("starts_at").values_list("price_kwh", "origin")
    assert [(float(kwh), origin) for kwh, origin in prices] == [(0.2, "Grid"), (0.3, "Grid")]
    assert (grid.state, grid.alarm, grid.last_error) == ("connected", "", "")


def test_a_changed_event_takes_the_place_of_the_one_before_and_a_deleted_one_ends(
    grid, vtn, source, now
):
    event = vtn.event([{LIMIT: 40}], start=text(now), length="PT1H")
    poll(grid)
    event["intervals"][0]["payloads"][0]["values"] = [20]
    event["modificationDateTime"] = "2026-01-02 00:00:00"
    poll(grid)
    changed = limit_kw(source, now + HOUR / 2)
    vtn.events.clear()

    poll(grid)

    assert (changed, limit_kw(source, now + HOUR / 2)) == (20, 100)
    assert VtnEvent.objects.count() == 0


def test_it_reads_all_pages(grid, vtn, source, now):
    for number in range(120):
        vtn.event([{LIMIT: 100 - number / 2}], start=text(now), length="PT1H")

    poll(grid)

    assert VtnEvent.objects.count() == 120
    assert limit_kw(source, now + HOUR / 2) == 100 - 119 / 2
    assert vtn.asked.count(("GET", "events")) == 3


def test_an_event_holds_only_for_what_it_names(grid, vtn, source, now):
    other = SupplySourceFactory(location=source.location, connection_id="871687120000000002")
    keeping.link(dso=grid, source=other, now=now)
    stranger = SupplySourceFactory(connection_id="871687120000000003")
    vtn.event([{LIMIT: 40}], start=text(now), length="PT1H", targets=["NL-EMA", EAN])
    vtn.event([{LIMIT: 10}], start=text(now), length="PT1H", targets=["871687120000000003"])

    poll(grid)

    found = [limit_kw(one, now + HOUR / 2) for one in (source, other, stranger)]
    assert found == [40, 100, 100]


def test_a_token_that_opens_nothing_any_more_is_renewed(grid, vtn):
    poll(grid)
    vtn.token = "another-one"

    poll(grid)

    assert vtn.tokens_given == 2
    stored = Dso.objects.get(pk=grid.pk)
    kept = stored.secret + stored.access_token
    assert vtn.client_secret not in kept
    assert "access-2" not in kept
    assert not grid.messages.filter(request__contains=vtn.client_secret).exists()
    assert not grid.messages.filter(answer__contains="access-").exists()


def test_a_bad_event_is_refused_with_the_reason_and_the_others_hold(grid, vtn, source, now):
    vtn.event([{LIMIT: -5}], start=text(now), length="PT1H")
    vtn.event([{LIMIT: 40}], start=text(now), length="PT1H")
    vtn.event([{LIMIT: 1}], start="soon", length="PT1H")

    poll(grid)

    assert limit_kw(source, now + HOUR / 2) == 40
    assert grid.alarm == "refused"
    assert sorted(grid.refused) == [
        "event 0: 0: kw must be from 0 to 100000: -5",
        "event 2: intervalPeriod.start: 'soon' is not a date-time",
    ]
    vtn.events[0] = vtn.events[2] = vtn.events[1]
    poll(grid)
    assert (grid.alarm, grid.refused) == ("", [])


def test_a_vtn_that_is_cut_off_leaves_limits_in_force_and_heals_alone(grid, vtn, source, now):
    vtn.event([{LIMIT: 40}], start=text(now), length="PT30M")
    safe = {"eventName": "safe mode"}
    vtn.event([{LIMIT: 15}], start="0001-01-01", length="P9999Y", **safe)
    poll(grid)
    vtn.is_broken = True
    with pytest.raises(Exception, match="does not answer"):
        polling.poll(dso_id=grid.pk)

    minute = timedelta(minutes=1)
    presence.note_absences(now=now + minute)
    early = Dso.objects.get(pk=grid.pk).state
    presence.note_absences(now=now + 10 * minute)
    during = Dso.objects.get(pk=grid.pk)
    held = limit_kw(source, now + 10 * minute)
    presence.note_absences(now=now + 31 * minute)
    after_schedule = limit_kw(source, now + 31 * minute)
    vtn.is_broken = False
    poll(grid)

    assert early == "connected"
    assert (during.state, during.alarm) == ("away", "away")
    assert (held, after_schedule) == (40, 15)  # what was scheduled, then what is for safety
    assert (grid.state, grid.alarm) == ("connected", "")
    assert not FallbackHold.objects.exists()
    assert limit_kw(source, now + 20 * minute) == 40


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("events", (500, {}), "HTTP 500"),
        ("events", (200, {"not": "a list"}), "a list was expected"),
        ("programs", (404, []), "HTTP 404"),
    ],
)
def test_an_answer_that_is_none_changes_nothing(grid, vtn, source, now, path, answer, reason):
    vtn.event([{LIMIT: 40}], start=text(now), length="PT1H")
    poll(grid)
    vtn.answers[path] = answer

    with pytest.raises(PeerFailed, match=reason):
        polling.poll(dso_id=grid.pk)

    assert limit_kw(source, now + HOUR / 2) == 40
    assert reason in Dso.objects.get(pk=grid.pk).last_error


def test_an_older_snapshot_does_not_overtake_a_newer_one(grid, vtn, source, now):
    vtn.event([{LIMIT: 40}], start=text(now), length="PT1H")
    old = polling.vtn.read(grid)
    vtn.events[0]["intervals"][0]["payloads"][0]["values"] = [20]
    vtn.events[0]["modificationDateTime"] = "2026-01-02"
    poll(grid)

    polling.take(dso_id=grid.pk, snapshot=old, read_at=now - HOUR)

    assert limit_kw(source, now + HOUR / 2) == 20


def test_it_subscribes_and_a_notification_is_a_wake_up_only(grid, vtn, now):
    vtn.program()
    poll(grid)
    Dso.objects.update(next_poll_at=now + HOUR)

    assert vtn.notify() == 204

    woken = Dso.objects.get(pk=grid.pk)
    assert woken.next_poll_at < now + HOUR
    assert grid.subscription_id == "0"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        vtn.notify(token="somebody-elses")
    poll(grid)
    assert len(vtn.subscriptions) == 1
    vtn.subscriptions.clear()  # it was restarted
    Dso.objects.update(subscription_seen_at=now - 2 * HOUR)
    poll(grid)
    assert len(vtn.subscriptions) == 1


def test_the_token_of_notifications_opens_nothing_else(grid, vtn, base, client):
    poll(grid)
    token = vtn.subscriptions[0]["objectOperations"][0]["bearerToken"]
    other = keeping.invite_peer(name="Other", now=grid.created_at).dso

    as_peer = client.post(
        "/oscp/fp/2.0/heartbeat",
        {},
        "application/json",
        headers={"Authorization": f"Token {token}"},
    )
    elsewhere = client.post(
        f"/openadr/notifications/{other.pk}", headers={"Authorization": f"Bearer {token}"}
    )

    assert (as_peer.status_code, elsewhere.status_code) == (403, 403)
    keeping.suspend(dso=grid, on=True, now=grid.created_at)
    with pytest.raises(UnknownToken):
        access.caller_with(token, grid.created_at)


@pytest.mark.parametrize("echo", ["", "a b", "<script>", "x" * 300, "é"])
def test_a_challenge_is_echoed_only_where_it_is_plain(client, db, echo):
    answer = client.get("/openadr/notifications/1", {"echo": echo})

    assert answer.status_code == 400


def test_it_reports_what_an_event_asks_for_at_once_and_each_quarter(grid, vtn, now):
    descriptors = [{"payloadType": kind} for kind in ("DEMAND", "OPERATING_STATE", "VOLTAGE")]
    vtn.event([{LIMIT: 40}], start=text(now), length="PT30M", reportDescriptors=descriptors)
    poll(grid)
    sending.send_owed(dso_id=grid.pk)
    first = [one["reportName"] for one in vtn.reports]

    for minutes in (5, 16, 32, 48):
        reporting.report_due(now=now + timedelta(minutes=minutes))
    OwedMessage.objects.update(due_at=now)
    sending.send_owed(dso_id=grid.pk)

    assert first == ["DEMAND of event 0", "OPERATING_STATE of event 0"]
    assert len(vtn.reports) == 6  # at 16 and, for the last time, at 32 minutes
    resource = vtn.reports[0]["resources"][0]
    assert resource["resourceName"] == EAN
    assert resource["intervals"] == [{"id": 0, "payloads": [{"type": "DEMAND", "values": [0.0]}]}]
    assert OwedMessage.objects.count() == 0


def test_when_it_is_removed_what_it_said_ends(grid, vtn, source, now):
    vtn.event([{LIMIT: 40}], start=text(now), length="PT1H")
    poll(grid)

    keeping.remove(dso=grid, now=now + timedelta(minutes=10))

    assert limit_kw(source, now + HOUR / 2) == 100
    assert CapacityLimit.objects.count() == 1  # what has been is history
    assert not Dso.objects.exists()
