"""Who may say what at `/oscp/fp/2.0/`, and what bad input is answered."""

import json
from datetime import timedelta

import pytest

from dso.models import Dso, DsoMessage, OwedMessage
from dso.services import access, keeping
from energy.models import CapacityLimit
from energy.selectors import limit_kw
from tests.factories.booking import SessionFactory
from tests.factories.energy import SupplySourceFactory
from tests.factories.stations import ConnectorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(source, now):
    """Of a registered peer with the group G1."""
    dso = Dso.objects.create(
        name="Grid", protocol="OSCP2", base_url="https://dso.example/cp", state="connected"
    )
    dso.secret = access.sealed(dso, "token-C")
    dso.save()
    keeping.link(dso=dso, source=source, group="G1", now=now)
    return access.give_token(dso, "access", now)


@pytest.fixture
def say(client, token):
    def ask(action, body=None, *, method="post", authorization=f"Token {token}", raw=None):
        headers = {"X-Request-ID": "request-1"}
        if authorization:
            headers["Authorization"] = authorization
        data = raw if raw is not None else json.dumps(body)
        path = f"/oscp/fp/2.0/{action}"
        answer = client.generic(
            method.upper(), path, data, content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content or b"{}").get("message")

    return ask


def forecast(now, kw=40, **more):
    block = {"capacity": kw, "phase": "ALL", "unit": "KW", "start_time": now.isoformat(),
             "end_time": (now + timedelta(hours=1)).isoformat(), **more}  # fmt: skip
    return {"group_id": "G1", "type": "CONSUMPTION", "forecasted_blocks": [block]}


@pytest.mark.parametrize("authorization", ["", "Token", "Token wrong", "Basic abc", "Token é"])
def test_who_has_no_token_of_ours_is_told_nothing(say, authorization, now):
    found = say("update_group_capacity_forecast", forecast(now), authorization=authorization)

    assert found == (401, "This token is not one of ours.")
    assert not CapacityLimit.objects.exists()
    assert not DsoMessage.objects.exists()


def test_a_bearer_token_and_a_slash_at_the_end_are_let_pass(say, token, now):
    body = forecast(now)

    found = say("update_group_capacity_forecast/", body, authorization=f"Bearer {token}")

    assert found == (204, None)


def test_an_invitation_opens_the_registration_alone(say, now):
    token_a = keeping.invite_peer(name="Other", now=now).token_a

    assert say("heartbeat", {}, authorization=f"Token {token_a}")[0] == 403
    later = Dso.objects.get(name="Other").tokens.update(valid_until=now - timedelta(days=1))
    assert later == 1
    assert say("register", {}, authorization=f"Token {token_a}")[0] == 401


def test_a_peer_touches_its_own_groups_alone(say, now):
    other = Dso.objects.create(name="Other", protocol="OSCP2", base_url="https://x.example")
    theirs = SupplySourceFactory()
    keeping.link(dso=other, source=theirs, group="G2", now=now)

    found = say("update_group_capacity_forecast", {**forecast(now), "group_id": "G2"})

    assert found == (404, "You have no such group here.")
    assert limit_kw(theirs, now) == 100


BAD = {
    "no JSON": (b"{", "This is not JSON"),
    "NaN": (b'{"forecasted_blocks": [NaN]}', "This is not JSON"),
    "a NUL": (b'{"group_id": "\\u0000"}', "NUL"),
    "a list": (b"[]", "missing, or of the wrong type"),
    "nothing": (b"", "This is not JSON"),
    "deep": (b"[" * 90 + b"]" * 90, "nested too deeply"),
}


@pytest.mark.parametrize(("raw", "reason"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("action", ["update_group_capacity_forecast", "heartbeat", "register"])
def test_bad_input_is_answered_in_the_protocols_terms(say, action, raw, reason):
    status, message = say(action, raw=raw)

    assert status == 400
    assert reason in message or action == "heartbeat"
    assert not CapacityLimit.objects.exists()


@pytest.mark.parametrize(
    ("action", "method", "status"),
    [
        ("nothing", "post", 404),
        ("heartbeat", "get", 405),
        ("heartbeat", "put", 405),
        ("register", "patch", 405),
        ("", "post", 404),
    ],
)
def test_what_there_is_not_is_refused(say, action, method, status):
    assert say(action or "/", {}, method=method)[0] == status


def test_no_common_version_is_its_own_status(say):
    offer = {"token": "x", "version_url": [{"version": "1.0", "base_url": "https://x.example"}]}

    assert say("register", offer)[0] == 501


def test_a_refused_forecast_leaves_what_was_said_before_and_raises_an_alarm(say, source, now):
    assert say("update_group_capacity_forecast", forecast(now)) == (204, None)

    assert say("update_group_capacity_forecast", forecast(now, -5))[0] == 400

    dso = Dso.objects.get()
    assert (limit_kw(source, now), dso.alarm) == (40, "refused")
    assert "kw must be from 0" in dso.refused[0]
    assert say("update_group_capacity_forecast", forecast(now, 30)) == (204, None)
    assert (Dso.objects.get().alarm, limit_kw(source, now)) == ("", 30)


def test_a_limit_below_what_cars_need_is_answered_with_a_compliance_error(say, source, now):
    for _ in range(2):
        connector = ConnectorFactory(evse__station__location=source.location)
        SessionFactory(evse=connector.evse)

    say("update_group_capacity_forecast", forecast(now, 1))

    owed = OwedMessage.objects.get()
    assert (owed.action, owed.correlation_id) == ("group_capacity_compliance_error", "request-1")
    assert [one["capacity"] for one in owed.body["forecasted_blocks"]] == [1]


def test_a_handshake_is_answered_and_a_goodbye_leaves_the_fallback(say, source, now):
    wanted = {"heartbeat_interval": 30, "measurement_configuration": ["CONTINUOUS"]}
    say("update_group_capacity_forecast", {**forecast(now, 10), "type": "FALLBACK_CONSUMPTION"})

    assert say("handshake", {"required_behaviour": wanted}) == (204, None)
    dso = Dso.objects.get()
    assert (dso.heartbeat_s, dso.measures) == (30, ["CONTINUOUS"])
    assert OwedMessage.objects.get().action == "handshake_acknowledge"
    assert limit_kw(source, now) == 100
    assert say("register", method="delete", raw="") == (204, None)
    assert limit_kw(source, now) == 10
    assert say("heartbeat", {})[0] == 401


def test_messages_are_logged_without_their_tokens(say, token):
    offer = {"token": "their-new-token", "version_url": []}
    say("register", offer)

    (message,) = DsoMessage.objects.all()
    text = f"{message.request} {message.answer} {message.url}"
    assert (message.action, message.http_status, message.is_fault) == ("register", 501, True)
    assert token not in text
    assert "their-new-token" not in text
