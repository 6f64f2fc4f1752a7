"""How often a partner may ask, and that nothing it answers makes us fail."""

from dataclasses import replace

import pytest
from django.utils import timezone

from booking.models import Token
from cpms.egress import Answer as EgressAnswer
from ocpi.client import read
from ocpi.domain.limits import Limits
from ocpi.services import partners
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from ocpi.transport import views
from tests.factories.ocpi import token_body
from tests.factories.tariffs import TariffFactory
from tests.ocpi.emsp import Emsp


def test_a_minutes_worth_at_once_and_then_one_at_a_time():
    now = [1000.0]
    limits = Limits(lambda: now[0])

    waits = [limits.wait_s("a", 4) for _ in range(6)]
    other = limits.wait_s("b", 4)
    now[0] += 20
    later = [limits.wait_s("a", 4) for _ in range(2)]

    assert waits == [0, 0, 0, 0, 15, 15]
    assert other == 0
    assert later == [0, 10]


@pytest.fixture
def limited(settings, monkeypatch):
    """Two requests a minute."""
    monkeypatch.setattr(views, "limits", Limits())
    settings.OCPI = replace(settings.OCPI, tokens_a_minute=2, commands_a_minute=2)


def tell(emsp, endpoints, uid, party="RMR"):
    body = token_body(uid, party_id=party)
    return emsp.ask("PUT", f"{endpoints['tokens']}/NL/{party}/{uid}", body)


def test_a_partner_that_tells_tokens_too_fast_is_told_to_wait(emsp, endpoints, limited):
    answers = [tell(emsp, endpoints, f"04AA{number}") for number in range(3)]

    assert [answer.codes for answer in answers] == [(201, 1000), (201, 1000), (429, 2000)]
    assert answers[2].body["status_message"] == "You ask too often; see Retry-After."
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 30
    assert sorted(Token.objects.values_list("uid", flat=True)) == ["04AA0", "04AA1"]


def test_commands_have_a_limit_of_their_own(emsp, endpoints, limited):
    body = {"response_url": f"{emsp.url}/emsp/x", "session_id": "nobody"}
    for number in range(3):
        tell(emsp, endpoints, f"04AA{number}")

    answers = [emsp.ask("POST", f"{endpoints['commands']}/STOP_SESSION", body) for _ in range(3)]

    assert [answer.codes for answer in answers] == [(200, 1000), (200, 1000), (429, 2000)]
    assert emsp.ask("GET", endpoints["locations"]).codes == (200, 1000)


def test_one_partners_haste_is_nothing_to_another(emsp, endpoints, limited):
    for number in range(3):
        tell(emsp, endpoints, f"04AA{number}")
    with Emsp(party="OTH") as other:
        found, _ = other.register(partners.invite(name="Other", now=timezone.now()))

        assert tell(other, found, "04BB", "OTH").codes == (201, 1000)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"status_code": 1000, "data": ' + b"[" * 50 + b"]" * 50 + b"}",
        b'{"status_code": 1000, "status_message": "\\u0000"}',
        b'{"status_code": 1000, "status_message": "\\ud800"}',
        b'{"status_code": NaN}',
        b"\xff\xfe",
        b"",
    ],
)
def test_an_answer_that_is_no_json_of_ours_is_no_envelope(body):
    reply = read(EgressAnswer(200, {}, body))

    assert (reply.code, reply.data, reply.is_success) == (None, None, False)


def test_an_answer_nested_without_end_is_a_failed_push_like_any(emsp, partner, monkeypatch):
    TariffFactory(ocpi_id="AC1")
    deep = EgressAnswer(200, {}, b"[" * 100_000)
    monkeypatch.setattr("ocpi.client.egress.fetch", lambda request: deep)
    spread_changes(now=timezone.now())

    assert push_partner(partner_id=partner.pk) == 0

    partner.refresh_from_db()
    assert (partner.failures, partner.last_error) == (1, "HTTP 200, no OCPI envelope")
