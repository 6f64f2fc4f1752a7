"""Pages of roaming partners: who sees what, what a button does, what a page costs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from ocpi.models import (
    ClientInfo,
    Handshake,
    HubReading,
    OcpiMessage,
    OwedPush,
    Partner,
    Party,
    TokenPull,
)
from ocpi.portal.pages import partner_fragments
from ocpi.portal.words import ADVICE
from ocpi.services import partners, watching

NOW = datetime.now(UTC)
OPERATES = ["partner-push", "partner-pull"]
ADMINISTERS = [
    "partner-invite", "partner-suspend", "partner-resume", "partner-rotate", "partner-remove",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _now():
    """Lags are told in minutes: a long run of tests must not add to them."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture(autouse=True)
def _empty_log(db):
    OcpiMessage.objects.all().delete()


def connected(name="Roamer", party="RMR", **more):
    facts = {
        "name": name, "state": "connected", "version": "2.2.1", "connected_at": NOW,
        "endpoints": {"locations:RECEIVER": "https://emsp.example/locations"},
    }  # fmt: skip
    partner = Partner.objects.create(**facts | more)
    Party.objects.create(partner=partner, country_code="NL", party_id=party)
    return partner


def owe(partner, **more):
    facts = {"module": "locations", "object_id": str(OwedPush.objects.count())}
    return OwedPush.objects.create(partner=partner, **facts | more)


def said(partner=None, number=1, **more):
    facts = {
        "id": number, "at": NOW, "partner_id": partner and partner.pk, "direction": "out",
        "method": "PUT", "module": "locations", "url": "https://emsp.example/locations/1",
        "http_status": 200, "status_code": 1000, "is_fault": False, "duration_ms": 12,
        "request_id": "R1", "request": '{"id": "LOC1"}', "answer": '{"status_code": 1000}',
        "error": "",
    }  # fmt: skip
    return OcpiMessage.objects.create(**facts | more)


def page(client, name, *args, query=""):
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_state_and_lag_at_a_glance(viewer):
    good = connected("Good", "GOO", last_success_at=NOW)
    bad = connected(
        "Bad",
        "BAD",
        failures=4,
        retry_at=NOW + timedelta(hours=1),
        last_error="It does not answer.",
    )
    owe(good, delivered_at=NOW)
    owe(bad, due_at=NOW, owed_since=NOW - timedelta(minutes=7, seconds=5))
    owe(bad, module="cdrs", refused="HTTP 200, 2001")
    Partner.objects.create(name="New")

    shown = page(viewer, "partners")

    assert "up to date" in shown
    assert "7 min" in shown
    for words in ("Connected", "Not reached", "It does not answer.", "Invited", "NL*BAD"):
        assert words in shown
    assert "Add partner" not in shown


def test_without_partners_it_says_what_for(viewer, administrator):
    assert "once you roam with an eMSP" in page(viewer, "partners")
    assert "Add partner" not in page(viewer, "partners")
    assert reverse("partner-add") in page(administrator, "partners")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ["Push now", "Up to date", "Not taken"]),
        ({"state": "suspended"}, ["It is suspended.", "Resume"]),
        ({"state": "invited", "version": ""}, ["It has not registered yet.", "Go on connecting"]),
        ({"state": "gone", "endpoints": {}}, ["It ended the relation.", "Make a new token A"]),
        ({"failures": 1}, ["The last request failed."]),
        ({"failures": 2, "retry_at": NOW + timedelta(minutes=5)}, ["2 failures in a row", "4 min"]),
        ({"failures": 1, "retry_at": NOW}, ["One request tries whether it is back."]),
    ],
)
def test_the_page_of_a_partner_says_how_it_is(administrator, facts, words):
    partner = connected(**facts)
    owe(partner, delivered_at=NOW)

    shown = page(administrator, "partner", partner.pk)

    for word in words:
        assert word in shown


def test_a_partners_page_shows_modules_messages_and_policy(viewer):
    partner = connected(opens_after=7, longest_wait_s=90, last_error="HTTP 200, 2001 What?")
    owe(partner, due_at=NOW, owed_since=NOW - timedelta(hours=2))
    owe(partner, module="cdrs", refused="HTTP 200, 2001 What?")
    TokenPull.objects.create(partner=partner, finished_at=NOW)
    said(partner, is_fault=True, status_code=2001)
    said(connected("Other", "OTH"), 2, module="tariffs")

    shown = page(viewer, "partner", partner.pk)

    for words in (
        "2 h 00 min", "1 refused", "PUT locations", "200 · 2001", "7 failures in a row",
        "1 s, doubling up to 90 s", "1 CDR was refused.", "To the partner",
    ):  # fmt: skip
        assert words in shown
    assert "PUT tariffs" not in shown
    for words in ("Push now", "Suspend…", "Remove…", "Change<"):
        assert words not in shown.replace("“Push now”", "")


def test_a_hubs_page_shows_the_parties_behind_it(viewer):
    hub, other = connected("Hub", "HUB"), connected("Other", "OTH")
    Party.objects.create(partner=hub, country_code="NL", party_id="HUX", role="HUB")
    HubReading.objects.create(hub=hub, last_error="It answered 500.")
    empty = page(viewer, "partner", hub.pk)
    for party, status in (("AAA", "CONNECTED"), ("BBB", "OFFLINE")):
        ClientInfo.objects.create(
            hub=hub, country_code="NL", party_id=party, role="EMSP", status=status
        )

    shown = page(viewer, "partner", hub.pk)

    assert "It has told of no party yet." in empty
    assert "It answered 500." in shown
    for word in ("NL*AAA", "NL*BBB", "Offline", "Parties that it reaches"):
        assert word in shown
    assert "Parties that it reaches" not in page(viewer, "partner", other.pk)
    parts = [set(partner_fragments(viewer.user, {"partner": str(one.pk)})) for one in (hub, other)]
    assert (parts[0] - parts[1], parts[1] - parts[0]) == ({"live-clients"}, set())


def test_who_may_do_what(viewer, operator, administrator):
    partner = connected()
    names = [*OPERATES, *ADMINISTERS, "partner-joining", "partner-policy"]

    def may(client):
        return {
            name
            for name in names
            if client.get(reverse(name, args=[partner.pk])).status_code != 403
            and client.put(reverse(name, args=[partner.pk])).status_code != 403
        }

    assert may(viewer) == set()
    assert may(operator) == set(OPERATES)
    assert may(administrator) == set(names)
    assert viewer.get(reverse("partner-add")).status_code == 403
    assert Partner.objects.get().state == "connected"


@pytest.mark.parametrize("name", [*OPERATES, *ADMINISTERS])
def test_nothing_is_done_by_following_a_link(administrator, name):
    partner = connected()

    assert administrator.get(reverse(name, args=[partner.pk])).status_code == 405
    assert Partner.objects.get().state == "connected"


def press(client, name, partner, **form):
    answer = client.post(reverse(name, args=[partner.pk]), form, follow=True)
    assert answer.status_code == 200
    return [message.level_tag for message in answer.context["messages"]]


def test_buttons_push_pull_suspend_resume_and_remove(administrator):
    partner, later = connected(), NOW + timedelta(hours=1)
    owed = owe(partner, due_at=later, owed_since=later)
    pull = TokenPull.objects.create(partner=partner, due_at=later, whole_at=NOW)

    assert press(administrator, "partner-push", partner) == ["success"]
    assert press(administrator, "partner-pull", partner, full="1") == ["success"]
    owed.refresh_from_db()
    pull.refresh_from_db()
    assert (owed.due_at < later, pull.due_at < later, pull.whole_at) == (True, True, None)
    assert press(administrator, "partner-suspend", partner) == ["success"]
    assert Partner.objects.get().state == "suspended"
    assert press(administrator, "partner-push", partner) == ["error"]
    assert press(administrator, "partner-resume", partner) == ["success"]
    assert Partner.objects.get().state == "connected"
    assert press(administrator, "partner-remove", partner) == ["success"]
    assert not Partner.objects.exists()


def test_an_invitation_shows_its_token_once(administrator, settings):
    form = {
        "how": "invite", "invite-name": "Roamer", "invite-role": "EMSP",
        "invite-country_code": "nl", "invite-party_id": "rmr",
    }  # fmt: skip

    answer = administrator.post(reverse("partner-add"), form, follow=True)

    partner, first = Partner.objects.get(), answer.content.decode()
    token = answer.context["token_a"]
    assert [str(party) for party in partner.parties.all()] == ["NL*RMR"]
    assert token in first
    assert f"{settings.PUBLIC_URL}/ocpi/versions" in first
    assert "Waiting for them to register" in first
    assert token not in page(administrator, "partner-joining", partner.pk)
    again = administrator.post(reverse("partner-invite", args=[partner.pk]), follow=True)
    assert again.context["token_a"] not in ("", None, token)


@pytest.mark.parametrize(
    "form",
    [
        {"how": "invite"}, {"how": "invite", "invite-name": "a\0b", "invite-role": "EMSP"},
        {"how": "invite", "invite-name": "R", "invite-role": "KING"},
        {"how": "invite", "invite-name": "R", "invite-role": "EMSP", "invite-party_id": "RMR"},
        {"how": "invite", "invite-name": "Taken", "invite-role": "EMSP"},
        {"how": "connect", "connect-name": "R", "connect-role": "EMSP"},
        {"how": "connect", "connect-name": "R", "connect-role": "EMSP", "connect-token_a": "a b",
         "connect-versions_url": "https://emsp.example/versions"},
        {"how": "nonsense"},
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_said_in_the_form(administrator, form):
    connected("Taken")

    answer = administrator.post(reverse("partner-add"), form)

    assert answer.status_code == 200
    assert "Please look at this again." in answer.content.decode() or form["how"] == "nonsense"
    assert Partner.objects.count() == 1


def test_the_steps_of_a_partner_that_registers_show_as_it_takes_them(administrator):
    partner = partners.invite(name="Roamer", now=NOW).partner

    def states():
        shown = administrator.get(reverse("partner-joining", args=[partner.pk]))
        return [line.state.word for line in shown.context["steps"]]

    assert states() == ["Passed", "Waiting", "Waiting", "Waiting"]
    said(partner, 1, direction="in", method="GET", module="versions", at=datetime.now(UTC))
    assert states() == ["Passed", "Passed", "Checking…", "Waiting"]
    said(
        partner, 2, direction="in", method="POST", module="credentials", is_fault=True,
        status_code=3001, at=datetime.now(UTC),
        answer=json.dumps({"status_code": 3001, "status_message": "Nobody answers there."}),
    )  # fmt: skip
    assert states() == ["Passed", "Passed", "Failed", "Waiting"]
    assert "Nobody answers there." in page(administrator, "partner-joining", partner.pk)
    Partner.objects.update(state="connected")
    assert states() == ["Passed"] * 4


def test_who_came_with_a_wrong_token_is_noticed_while_one_waits(administrator):
    partner = partners.invite(name="Roamer", now=NOW - timedelta(minutes=2)).partner
    said(None, direction="in", http_status=401, status_code=2000, is_fault=True, at=NOW)

    assert "Somebody came without a valid token" in page(
        administrator, "partner-joining", partner.pk
    )


def test_a_step_that_fails_says_why_and_what_to_do(administrator):
    partner = partners.invite(name="Roamer", now=NOW).partner
    row, _work = watching.connect(
        partner=partner, token_a="a-token", url="https://emsp.example/versions", now=NOW
    )
    row.steps[0] |= {"state": "failed", "note": "The versions endpoint answered: HTTP 401"}
    Handshake.objects.filter(pk=row.pk).update(
        steps=row.steps, ended_at=NOW, error_code="peer_unusable", error="HTTP 401"
    )

    shown = page(administrator, "partner-joining", partner.pk)

    assert "The versions endpoint answered: HTTP 401" in shown
    assert str(ADVICE["versions"])[:40] in shown
    assert "Try again" in shown


def test_a_policy_is_changed_in_a_form(administrator):
    partner = connected()
    url = reverse("partner-policy", args=[partner.pk])
    form = {"opens_after": 5, "answer_within_s": 4, "first_wait_s": 2, "longest_wait_s": 30}

    refused = administrator.post(url, {**form, "first_wait_s": 31})
    saved = administrator.post(url, form)

    assert "It cannot be shorter than the first wait." in refused.content.decode()
    assert saved.status_code == 302
    assert Partner.objects.values(*form).get() == form


def test_the_log_is_filtered_and_paged(viewer):
    one, other = connected(), connected("Other", "OTH")
    for number in range(60):
        said(one, number, at=NOW - timedelta(seconds=number))
    said(other, 60, module="cdrs", is_fault=True, status_code=2001, direction="in")
    said(None, 61, http_status=401, is_fault=True, module="versions", direction="in")

    def lines(query):
        answer = viewer.get(reverse("ocpi-messages") + query)
        return [line.message.id for line in answer.context["lines"]], answer.context["older"]

    first, older = lines(f"?partner={one.pk}")
    assert (first, len(first)) == (list(range(50)), 50)
    assert lines(f"?partner={one.pk}&before={older.replace('+', '%2B')}") == (
        list(range(50, 60)), None,
    )  # fmt: skip
    assert lines("?errors=1&module=cdrs")[0] == [60]
    assert lines("?direction=in")[0] == [61, 60]
    assert lines("?partner=unknown")[0] == [61]
    assert lines("?partner=nonsense")[0] == []
    assert lines(f"?partner={'9' * 40}")[0] == []
    assert "is not a time" in page(viewer, "ocpi-messages", query="?from=never")
    one.delete()
    assert "removed partner" in page(viewer, "ocpi-messages")


@pytest.mark.parametrize("name", ["partners", "partner", "ocpi-messages", "partner-joining"])
def test_a_page_costs_the_same_for_one_and_for_three(
    administrator, name, django_assert_max_num_queries
):
    partner = connected()
    for number, one in enumerate([partner, connected("B", "BBB"), connected("C", "CCC")]):
        said(one, number)
        owe(one, due_at=NOW, owed_since=NOW)
    args = [partner.pk] if name in ("partner", "partner-joining") else []

    with django_assert_max_num_queries(14):
        page(administrator, name, *args)


def test_an_unknown_partner_is_a_page_too(administrator):
    for name in ("partner", "partner-joining", "partner-policy"):
        assert administrator.get(reverse(name, args=[987654])).status_code == 404
    assert administrator.post(reverse("partner-push", args=[987654])).status_code == 404
