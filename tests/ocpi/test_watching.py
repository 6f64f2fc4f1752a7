"""Handshakes that we begin: each step is written down, passed or failed, and no token."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.enums import Step
from ocpi.errors import (
    HandshakeRunning,
    MissingEndpoints,
    PartnerExists,
    PartnerNotConnected,
    PartyNotInvited,
    PeerUnusable,
    UnsupportedVersion,
)
from ocpi.models import Handshake, Partner, PartnerToken
from ocpi.services import partners, watching
from tests.ocpi.emsp import Answer, header, ok


@pytest.fixture
def invited(base):
    return partners.invite(name="Roamer", party=("NL", "RMR"), now=timezone.now()).partner


def steps():
    return {entry["name"]: entry["state"] for entry in Handshake.objects.get().steps}


def takes_credentials(emsp):
    """Its token for us is another one once we registered."""

    def register(path, body):
        emsp.token, emsp.token_b = body["token"], "token-C-of-the-emsp"
        return ok(emsp.credentials)

    emsp.answers["POST", "credentials"] = register


def connect(emsp, partner):
    row, work = watching.connect(
        partner=partner, token_a=emsp.token_b, url=f"{emsp.url}/versions", now=timezone.now()
    )
    work()
    return row


def test_every_step_passes_and_the_partner_is_connected(emsp, invited):
    takes_credentials(emsp)

    row = connect(emsp, invited)

    assert steps() == dict.fromkeys(watching.CONNECT_STEPS, "passed")
    assert (row.is_passed, row.error, Partner.objects.get().state) == (True, "", "connected")
    assert [token.kind for token in PartnerToken.objects.all()] == ["access"]
    assert emsp.ask("GET", f"{partners.versions_url()}").codes == (200, 1000)


@pytest.mark.parametrize(
    ("how", "failed", "refusal", "said"),
    [
        ({"url": "http://127.0.0.1:9/versions"}, Step.VERSIONS, PeerUnusable, "does not answer"),
        ({"token_a": "another"}, Step.VERSIONS, PeerUnusable, "HTTP 401"),
        ({"versions": ["2.1.1"]}, Step.VERSION, UnsupportedVersion, "no OCPI version"),
        ({"details": Answer(500, {})}, Step.ENDPOINTS, PeerUnusable, "HTTP 500"),
        ({"details": ok({"endpoints": []})}, Step.ENDPOINTS, MissingEndpoints, "credentials"),
        ({"post": Answer(200, {"status_code": 3001})}, Step.REGISTER, PeerUnusable, "3001"),
        ({"party": "XXX"}, Step.CREDENTIALS, PartyNotInvited, "not for"),
        ({"token_c": "opens-nothing"}, Step.VERIFY, PeerUnusable, "HTTP 401"),
    ],
)
def test_the_step_that_fails_says_why_and_nothing_is_left_of_it(
    emsp, invited, monkeypatch, how, failed, refusal, said
):
    takes_credentials(emsp)
    emsp.versions = how.get("versions", emsp.versions)
    emsp.party = how.get("party", emsp.party)
    if "post" in how:
        emsp.answers["POST", "credentials"] = how["post"]
    if "token_c" in how:
        body = {**emsp.credentials, "token": how["token_c"]}
        emsp.answers["POST", "credentials"] = ok(body)
    if "details" in how:
        answer = emsp.answer
        monkeypatch.setattr(
            emsp, "answer", lambda *args: how["details"] if "2.3.0" in args[1] else answer(*args)
        )
    row, work = watching.connect(
        partner=invited,
        token_a=how.get("token_a", emsp.token_b),
        url=how.get("url", f"{emsp.url}/versions"),
        now=timezone.now(),
    )

    with pytest.raises(refusal):
        work()

    order = list(watching.CONNECT_STEPS)
    wanted = ["passed"] * order.index(failed) + ["failed"]
    assert list(steps().values()) == wanted + ["waiting"] * (len(order) - len(wanted))
    row.refresh_from_db()
    assert said in row.error
    assert said in next(entry["note"] for entry in row.steps if entry["name"] == failed)
    assert (row.error_code, Partner.objects.get().state) == (refusal.code, "invited")
    assert [token.kind for token in PartnerToken.objects.all()] == ["invitation"]


def test_no_token_is_written_down(emsp, invited):
    takes_credentials(emsp)
    token_a = emsp.token_b
    connect(emsp, invited)

    kept = str(Handshake.objects.values())
    for secret in (token_a, emsp.token, emsp.token_b):
        assert secret not in kept
        assert header(secret).split()[1] not in kept


def test_one_handshake_at_a_time(emsp, invited):
    url, now = f"{emsp.url}/versions", timezone.now()
    watching.connect(partner=invited, token_a="a-token", url=url, now=now)

    with pytest.raises(HandshakeRunning):
        watching.connect(partner=invited, token_a="a-token", url=url, now=now)
    later = now + watching.LONGEST + timedelta(seconds=1)  # the process that ran it died
    watching.connect(partner=invited, token_a="a-token", url=url, now=later)

    assert list(Handshake.objects.values_list("error_code", flat=True)) == ["", "interrupted"]


def test_a_connected_partner_is_not_connected_again(emsp, partner):
    with pytest.raises(PartnerExists):
        connect(emsp, partner)


def test_tokens_are_rotated_step_by_step(emsp, partner):
    before, token_b = emsp.token, emsp.token_b

    def renew(path, body):
        emsp.token, emsp.token_b = body["token"], "a-newer-token"
        return ok(emsp.credentials)

    emsp.answers["PUT", "credentials"] = renew
    row, work = watching.rotate(partner=partner, now=timezone.now())
    work()

    assert steps() == dict.fromkeys(watching.ROTATE_STEPS, "passed")
    assert (emsp.token != before, emsp.token_b != token_b) == (True, True)
    assert emsp.ask("GET", partners.versions_url()).codes == (200, 1000)
    assert row.is_passed


def test_only_a_connected_partner_gets_new_tokens(invited):
    with pytest.raises(PartnerNotConnected):
        watching.rotate(partner=invited, now=timezone.now())


def test_it_may_run_beside_whoever_asked(emsp, invited):
    takes_credentials(emsp)
    row, work = watching.connect(
        partner=invited, token_a=emsp.token_b, url=f"{emsp.url}/versions", now=timezone.now()
    )

    watching.in_background(row, work)
    for thread in threading.enumerate():
        if thread.name == f"ocpi-handshake-{row.pk}":
            thread.join(20)

    assert steps() == dict.fromkeys(watching.CONNECT_STEPS, "passed")


def test_a_removed_partner_is_told_and_forgotten(emsp, partner):
    assert partners.remove(partner=partner)

    assert emsp.requests[-1][:2] == ("DELETE", "/emsp/credentials")
    assert not Partner.objects.exists()
    assert emsp.ask("GET", partners.versions_url()).status == 401


def test_a_partner_that_does_not_answer_is_removed_all_the_same(emsp, partner):
    emsp.server.shutdown()
    emsp.server.server_close()

    assert not partners.remove(partner=partner)

    assert not Partner.objects.exists()


def test_suspended_it_comes_in_no_more_until_it_is_resumed(emsp, partner):
    partners.suspend(partner=partner)
    partners.suspend(partner=partner)
    assert emsp.ask("GET", partners.versions_url()).status == 401

    partners.resume(partner=partner)
    partners.resume(partner=partner)
    assert emsp.ask("GET", partners.versions_url()).codes == (200, 1000)
