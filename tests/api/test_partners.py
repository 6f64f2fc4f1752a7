"""Roaming partners over REST."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.models import OwedPush, Partner, Party, TokenPull
from tests.api.conftest import problem_of
from tests.ocpi.conftest import base, emsp  # noqa: F401 -- fixtures
from tests.ocpi.emsp import Emsp, ok

POLICY = {"opens_after": 3, "first_wait_s": 1, "longest_wait_s": 60, "answer_within_s": 10}


def connected(name="Roamer", party="RMR", **more):
    partner = Partner.objects.create(
        name=name, state="connected", version="2.2.1",
        endpoints={"locations:RECEIVER": "https://emsp.example/locations"}, **more,
    )  # fmt: skip
    Party.objects.create(partner=partner, country_code="NL", party_id=party)
    return partner


def owe(partner, module="locations", **more):
    return OwedPush.objects.create(
        partner=partner, module=module, object_id=str(OwedPush.objects.count()), **more
    )


def test_an_invitation_shows_its_token_once(admin, viewer, settings):
    body = {"name": "Roamer", "country_code": "nl", "party_id": "rmr"}

    made = admin.post("partners", body)

    assert made.status_code == 201
    partner = made.json()
    invitation = partner.pop("invitation")
    assert invitation["versions_url"] == f"{settings.PUBLIC_URL}/ocpi/versions"
    assert len(invitation["token_a"]) >= 32
    shown = viewer.get(f"partners/{partner['id']}")
    assert shown.json() == partner
    assert invitation["token_a"] not in shown.content.decode()
    assert (partner["state"], partner["policy"], partner["circuit"]) == (
        "invited",
        POLICY,
        "closed",
    )
    assert [(one["country_code"], one["party_id"], one["role"]) for one in partner["parties"]] == [
        ("NL", "RMR", "EMSP")
    ]


def test_who_never_registered_is_invited_anew_with_another_token(admin):
    first = admin.post("partners", {"name": "Roamer"}).json()
    again = admin.post("partners", {"name": "Roamer"}).json()
    third = admin.post(f"partners/{first['id']}/invite").json()

    assert first["id"] == again["id"] == third["id"]
    assert len({one["invitation"]["token_a"] for one in (first, again, third)}) == 3
    assert Partner.objects.get().tokens.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "x" * 65}, {"name": "a\0b"}, {"name": "R", "country_code": "NL"},
        {"name": "R", "party_id": "RMR"}, {"name": "R", "country_code": "NLD", "party_id": "RMR"},
        {"name": "R", "country_code": "NL", "party_id": "R-1"}, {"name": "R", "role": "KING"}, [], 7,
    ],
)  # fmt: skip
def test_what_cannot_be_invited_is_refused(admin, body):
    assert problem_of(admin.post("partners", body))[0] == 400
    assert not Partner.objects.exists()


def test_a_partner_that_is_connected_is_not_invited_again(admin):
    connected()

    assert problem_of(admin.post("partners", {"name": "Roamer"})) == (409, "partner_exists")
    taken = {"name": "Other", "country_code": "NL", "party_id": "RMR"}
    assert problem_of(admin.post("partners", taken)) == (409, "party_taken")
    assert list(Partner.objects.values_list("name", flat=True)) == ["Roamer"]


def test_lag_and_what_is_owed_are_shown_by_partner_and_module(viewer):
    now = timezone.now()
    partner = connected(failures=4, retry_at=now + timedelta(minutes=1), last_error="Away.")
    owe(partner, due_at=now, owed_since=now - timedelta(seconds=90))
    owe(partner, due_at=now, owed_since=now - timedelta(seconds=30), delivered_at=now)
    owe(partner, delivered_at=now)
    owe(partner, module="cdrs", refused="HTTP 200, 2001 What is this?")
    connected("Other", "OTH")

    listed = viewer.get("partners?party_id=rmr").json()["results"]
    shown = viewer.get(f"partners/{partner.pk}").json()

    (line,) = listed
    assert (line["owed"], line["refused"], line["circuit"]) == (2, 1, "open")
    assert 90 <= line["lag_s"] < 120
    assert shown["last_error"] == "Away."
    modules = {
        one["identifier"]: (one["endpoint"], one["owed"], one["refused"], one["known"])
        for one in shown["modules"]
        if one["identifier"] in ("locations", "tariffs", "sessions", "cdrs")
    }
    assert modules == {
        "locations": ("https://emsp.example/locations", 2, 0, 2),
        "tariffs": (None, 0, 0, 0),
        "sessions": (None, 0, 0, 0),
        "cdrs": (None, 0, 1, 0),
    }


def test_a_partner_with_two_parties_is_listed_once(viewer):
    Party.objects.create(partner=connected(), country_code="NL", party_id="SEC")

    listed = viewer.get("partners?country_code=nl").json()["results"]

    assert [one["name"] for one in listed] == ["Roamer"]


def test_a_list_costs_the_same_for_one_and_for_three(viewer, django_assert_num_queries):
    owe(connected(), due_at=timezone.now())
    viewer.get("partners")  # notes that the token was used
    with django_assert_num_queries(4):
        viewer.get("partners")
    connected("Other", "OTH")
    owe(connected("Third", "THI"), due_at=timezone.now())
    with django_assert_num_queries(4):
        assert len(viewer.get("partners").json()["results"]) == 3


def test_the_policy_can_be_changed_in_part(admin):
    partner = connected()

    changed = admin.patch(f"partners/{partner.pk}", {"opens_after": 7, "longest_wait_s": 120})

    assert changed.json()["policy"] == {**POLICY, "opens_after": 7, "longest_wait_s": 120}
    same = admin.patch(f"partners/{partner.pk}", {})
    assert same.json()["policy"] == changed.json()["policy"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"opens_after": 0}, "invalid"), ({"longest_wait_s": 3601}, "invalid"),
        ({"answer_within_s": "soon"}, "invalid"), ({"first_wait_s": 61}, "invalid_policy"),
    ],
)  # fmt: skip
def test_a_policy_without_sense_is_refused(admin, body, code):
    partner = connected()

    assert problem_of(admin.patch(f"partners/{partner.pk}", body)) == (400, code)


def test_it_is_suspended_and_resumed_as_often_as_one_asks(admin):
    partner = connected()

    states = [
        admin.post(f"partners/{partner.pk}/{verb}").json()["state"]
        for verb in ("suspend", "suspend", "resume", "resume")
    ]

    assert states == ["suspended", "suspended", "connected", "connected"]
    invited = admin.post("partners", {"name": "New"}).json()["id"]
    for verb in ("suspend", "resume", "rotate", "push", "pull"):
        answer = admin.post(f"partners/{invited}/{verb}", {})
        assert problem_of(answer) == (409, "partner_not_connected")


def test_a_push_by_hand_closes_the_circuit_and_makes_all_due(admin):
    later = timezone.now() + timedelta(hours=1)
    partner = connected(failures=9, retry_at=later)
    owed = owe(partner, due_at=later, owed_since=later)
    refused = owe(partner, module="cdrs", refused="HTTP 200, 2001")

    answer = admin.post(f"partners/{partner.pk}/push", {"full": False})

    assert (answer.status_code, answer.json()["circuit"], answer.json()["owed"]) == (
        202, "closed", 2,
    )  # fmt: skip
    for row in (owed, refused):
        row.refresh_from_db()
        assert (row.due_at <= timezone.now(), row.refused) == (True, "")


@pytest.mark.parametrize("full", [False, True])
def test_its_tokens_are_read_when_somebody_asks(operator, full):
    partner, now = connected(), timezone.now()
    TokenPull.objects.create(partner=partner, due_at=now + timedelta(hours=1), whole_at=now)

    assert operator.post(f"partners/{partner.pk}/pull", {"full": full}).status_code == 202

    pull = TokenPull.objects.get()
    assert (pull.due_at <= timezone.now(), pull.whole_at) == (True, None if full else now)


def test_a_removed_partner_is_gone(admin):
    partner = connected()

    assert admin.delete(f"partners/{partner.pk}").status_code == 204
    assert problem_of(admin.delete(f"partners/{partner.pk}")) == (404, "unknown_partner")
    assert not OwedPush.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_we_register_at_a_partner_that_invited_us(admin, base):  # noqa: F811 -- the fixture's value
    with Emsp() as peer:

        def register(path, body):
            peer.token, peer.token_b = body["token"], "token-C-of-the-emsp"
            return ok(peer.credentials)

        peer.answers["POST", "credentials"] = register
        partner = admin.post("partners", {"name": "Roamer"}).json()["id"]
        body = {"versions_url": f"{peer.url}/versions", "token_a": peer.token_b}

        wrong = admin.post(f"partners/{partner}/connect", {**body, "token_a": "wrong"})
        right = admin.post(f"partners/{partner}/connect", body)
        again = admin.post(f"partners/{partner}/connect", body)

    assert problem_of(wrong) == (503, "peer_unusable")
    assert right.status_code == 200
    assert {one["state"] for one in right.json()["handshake"]["steps"]} == {"passed"}
    assert right.json()["state"] == "connected"
    assert "token" not in str(right.json()).replace("new token", "")
    assert problem_of(again) == (409, "partner_exists")


@pytest.mark.parametrize(
    "body",
    [{}, {"versions_url": "nonsense", "token_a": "x"}, {"versions_url": "https://emsp.example/v"},
     {"versions_url": "https://emsp.example/v", "token_a": "with space"},
     {"versions_url": "ftp://emsp.example/v\n", "token_a": "x" * 65}],
)  # fmt: skip
def test_a_registration_without_sense_is_refused(admin, body):
    partner = admin.post("partners", {"name": "Roamer"}).json()["id"]

    assert problem_of(admin.post(f"partners/{partner}/connect", body)) == (400, "invalid")
