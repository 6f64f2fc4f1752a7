from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ocpi.models import Partner, PartnerToken
from ocpi.services import handshake
from tests.ocpi.emsp import Emsp, ok


def test_versions_lead_to_every_module(emsp, invitation, base):
    endpoints = emsp.discover(f"{base}/ocpi/versions", invitation.token_a)

    names = [
        "credentials", "locations", "sessions", "cdrs", "tariffs", "tokens", "commands",
        "chargingprofiles",
    ]  # fmt: skip
    assert endpoints == {name: f"{base}/ocpi/cpo/2.2.1/{name}" for name in names}


@pytest.mark.parametrize(
    "path", ["versions", "2.2.1", "cpo/2.2.1/credentials", "cpo/2.2.1/nothing", "x"]
)
@pytest.mark.parametrize("token", ["", "unknown", "é"])
def test_nobody_is_let_in_without_a_token(emsp, base, path, token):
    answer = emsp.ask("GET", f"{base}/ocpi/{path}", token=token)

    assert answer.codes == (401, 2000)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("encoding", ["base64", "raw"])
def test_both_ways_to_write_a_token_and_a_url(emsp, invitation, base, slash, encoding):
    answer = emsp.ask(
        "GET", f"{base}/ocpi/versions{slash}", token=invitation.token_a, encoding=encoding
    )

    assert answer.data == [
        {"version": version, "url": f"{base}/ocpi/{version}"} for version in ("2.2.1", "2.3.0")
    ]


def test_registration(emsp, invitation, base):
    endpoints, answer = emsp.register(invitation)

    partner = Partner.objects.get()
    role = {
        "role": "CPO",
        "party_id": "EMA",
        "country_code": "NL",
        "business_details": {"name": "NL*EMA"},
    }
    assert answer.data == {"token": emsp.token, "url": f"{base}/ocpi/versions", "roles": [role]}
    assert (partner.state, partner.version) == ("connected", "2.2.1")
    assert partner.endpoint("cdrs", "RECEIVER") == f"{emsp.url}/emsp/cdrs"
    assert emsp.ask("GET", endpoints["credentials"]).data["token"] == emsp.token
    assert emsp.ask("GET", endpoints["credentials"], token=invitation.token_a).status == 401
    stored = [*Partner.objects.values_list("token_out", flat=True)]
    assert emsp.token_b not in str(stored)


def test_an_invitation_opens_nothing_but_registration(emsp, invitation, base):
    url = f"{base}/ocpi/cpo/2.2.1"

    assert emsp.ask("GET", f"{url}/locations", token=invitation.token_a).status == 401
    for method in ("PUT", "DELETE"):
        answer = emsp.ask(method, f"{url}/credentials", emsp.credentials, invitation.token_a)
        assert answer.status == 405


def test_a_peer_that_wants_its_token_raw_is_understood(invitation):
    with Emsp(encoding="raw") as emsp:
        _, answer = emsp.register(invitation)

    assert answer.codes == (200, 1000)
    assert Partner.objects.get().token_encoding == "raw"


def without(emsp, **changes):
    return {**emsp.credentials, **changes}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda emsp: without(emsp, token=""), (200, 2001)),
        (lambda emsp: without(emsp, token="a b"), (200, 2001)),
        (lambda emsp: without(emsp, roles=[]), (200, 2001)),
        (lambda emsp: without(emsp, url=None), (200, 2001)),
        (lambda emsp: [], (200, 2001)),
        (lambda emsp: "text", (200, 2001)),
        (lambda emsp: b"{", (400, 2000)),
        (
            lambda emsp: without(emsp, roles=[{**emsp.credentials["roles"][0], "party_id": "XXX"}]),
            (200, 2001),
        ),
        (lambda emsp: without(emsp, url="http://127.0.0.1:1/versions"), (200, 3001)),
        (lambda emsp: without(emsp, url="file:///etc/passwd"), (200, 3001)),
        (lambda emsp: without(emsp, token="wrong"), (200, 3001)),
    ],
)
def test_a_registration_that_fails_leaves_the_invitation(emsp, invitation, base, change, codes):
    url = f"{base}/ocpi/cpo/2.2.1/credentials"

    answer = emsp.ask("POST", url, change(emsp), invitation.token_a)

    assert answer.codes == codes
    assert Partner.objects.get().state == "invited"
    assert emsp.register(invitation)[1].codes == (200, 1000)


def test_no_version_in_common(emsp, invitation):
    emsp.versions = ["2.1.1"]

    assert emsp.register(invitation)[1].codes == (200, 3002)


def test_renewal_reads_the_endpoints_again_and_ends_the_old_token(emsp, endpoints, settings):

    settings.OCPI = replace(settings.OCPI, token_grace=timedelta(0))
    emsp.modules, emsp.token_b = ["locations"], "another-token-B"

    answer = emsp.ask("PUT", endpoints["credentials"], emsp.credentials)

    old, emsp.token = emsp.token, answer.data["token"]
    assert emsp.ask("GET", endpoints["locations"]).codes == (200, 1000)
    assert emsp.ask("GET", endpoints["locations"], token=old).status == 401
    assert Partner.objects.get().endpoint("cdrs", "RECEIVER") is None
    assert emsp.ask("POST", endpoints["credentials"], emsp.credentials).status == 405


def test_the_end(emsp, endpoints):
    assert emsp.ask("DELETE", endpoints["credentials"]).codes == (200, 1000)

    assert emsp.ask("GET", endpoints["credentials"]).status == 401
    assert Partner.objects.get().state == "gone"
    assert PartnerToken.objects.count() == 0


def test_we_register_at_a_partner_and_rotate(emsp, invitation, base):
    now = datetime.now(UTC)
    given = []

    def credentials(path, body):
        given.append(body)  # the partner uses token B while it answers us
        assert emsp.ask("GET", body["url"], token=body["token"]).status == 200
        return ok(emsp.credentials)

    emsp.answers = {("POST", "credentials"): credentials, ("PUT", "credentials"): credentials}
    handshake.connect(
        partner=invitation.partner, token_a=emsp.token_b, url=f"{emsp.url}/versions", now=now
    )
    handshake.rotate(partner=Partner.objects.get(), now=now)

    assert Partner.objects.get().state == "connected"
    assert [
        emsp.ask("GET", f"{base}/ocpi/cpo/2.2.1/locations", token=body["token"]).status
        for body in given
    ] == [200, 200]
    assert given[0]["token"] != given[1]["token"]


def test_ids_are_echoed_and_routing_is_turned_round(emsp, endpoints):
    sent = {
        "X-Request-ID": "r-1",
        "X-Correlation-ID": "c-1",
        "OCPI-from-country-code": "nl",
        "OCPI-from-party-id": "RMR",
        "OCPI-to-country-code": "NL",
        "OCPI-to-party-id": "EMA",
    }

    answer = emsp.ask("GET", endpoints["locations"], **sent)

    told = {name.lower(): value for name, value in answer.headers.items()}
    assert [told[name] for name in ("x-request-id", "x-correlation-id")] == ["r-1", "c-1"]
    assert [told[f"ocpi-{name}"] for name in ("from-party-id", "to-party-id")] == ["EMA", "RMR"]


@pytest.mark.parametrize("direction", ["from", "to"])
def test_a_party_that_is_not_the_callers_or_ours_is_refused(emsp, endpoints, direction):
    sent = {f"OCPI-{direction}-country-code": "NL", f"OCPI-{direction}-party-id": "XXX"}

    assert emsp.ask("GET", endpoints["locations"], **sent).codes == (200, 2001)


def test_what_there_is_not(emsp, endpoints, base):
    assert emsp.ask("GET", f"{base}/ocpi/cpo/2.2.1/nothing").codes == (404, 2001)
    assert emsp.ask("DELETE", endpoints["locations"]).codes == (405, 2000)
    assert emsp.ask("OPTIONS", endpoints["locations"]).codes == (405, 2000)
