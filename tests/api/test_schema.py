import re

import pytest
from django.urls import get_resolver

from cpms.router import rule_of
from tests.api.conftest import problem_of

pytestmark = pytest.mark.django_db


def test_the_openapi_document_is_made_without_a_warning(nobody, capsys):
    from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats  # noqa: PLC0415

    reset_generator_stats()

    answer = nobody.get("schema")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["openapi"] == "3.1.0"
    assert not GENERATOR_STATS._warn_cache, GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache, GENERATOR_STATS._error_cache
    assert capsys.readouterr().err == ""


def test_the_document_names_every_route_without_a_trailing_slash(nobody):
    paths = nobody.get("schema").json()["paths"]

    assert {path.removeprefix("/api/v1") for path in paths} == {
        "/alert-rules",
        "/alert-rules/{id}",
        "/alert-rules/{id}/subscription",
        "/webhooks",
        "/webhooks/{id}",
        "/webhooks/{id}/deliveries",
        "/webhooks/{id}/secret",
        "/webhooks/{id}/switch",
        "/webhooks/{id}/test",
        "/alerts",
        "/alerts/{id}",
        "/alerts/{id}/acknowledge",
        "/alerts/{id}/hand-back",
        "/api-tokens",
        "/api-tokens/{id}",
        "/audit",
        "/auth/token",
        "/batteries",
        "/supply-sources",
        "/supply-sources/{id}",
        "/supply-contracts",
        "/supply-contracts/{id}",
        "/capacity-limits",
        "/capacity-limits/{id}",
        "/price-lists",
        "/price-lists/{id}",
        "/price-lists/{id}/prices",
        "/energy-prices",
        "/dynamic-tariffs",
        "/dynamic-tariffs/{id}",
        "/energy-policies",
        "/energy-policies/{location_id}",
        "/energy-policies/{location_id}/plan",
        "/batteries/{id}",
        "/batteries/{id}/test",
        "/meters",
        "/meters/{id}",
        "/meters/{id}/readings",
        "/cdrs",
        "/cdrs/{id}",
        "/cdrs/{id}/correct",
        "/commands/{id}",
        "/connectors",
        "/connectors/{key}",
        "/dsos",
        "/dsos/{id}",
        "/dsos/{id}/adjust",
        "/dsos/{id}/handshake",
        "/dsos/{id}/link",
        "/dsos/{id}/poll",
        "/dsos/{id}/resume",
        "/dsos/{id}/suspend",
        "/dsos/{id}/unlink",
        "/evses",
        "/evses/{uid}",
        "/evses/{uid}/availability",
        "/locations",
        "/locations/{id}",
        "/locations/{id}/energy-report",
        "/locations/{id}/external-status",
        "/locations/{id}/internal-status",
        "/partners",
        "/partners/{id}",
        "/partners/{id}/connect",
        "/partners/{id}/invite",
        "/partners/{id}/pull",
        "/partners/{id}/push",
        "/partners/{id}/resume",
        "/partners/{id}/rotate",
        "/partners/{id}/suspend",
        "/power-sharing",
        "/power-sharing/{id}",
        "/reservations",
        "/local-lists",
        "/local-lists/{identity}",
        "/local-lists/{identity}/send",
        "/reservations/{id}",
        "/sessions",
        "/sessions/{id}",
        "/sessions/{id}/meter-values",
        "/sessions/{id}/power-curve",
        "/sessions/{id}/stop",
        "/sessions/start",
        "/stations",
        "/stations/{identity}",
        "/stations/{identity}/commands",
        "/stations/{identity}/key",
        "/stations/{identity}/key/rotate",
        "/tariffs",
        "/tariffs/{id}",
        "/tokens",
        "/tokens/{id}",
        "/users",
        "/users/{id}",
    }


def test_the_docs_load_nothing_from_elsewhere_and_keep_the_strict_policy(nobody):
    page = nobody.get("docs", accept="text/html")

    sources = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert page.status_code == 200
    assert sources
    assert all(source.startswith("/static/") for source in sources)
    assert "<style" not in page.content.decode()
    assert "unsafe" not in page["Content-Security-Policy"]
    for source in sources:
        assert nobody.get(source).status_code == 200


def test_the_docs_are_only_read(nobody):
    assert problem_of(nobody.ask("POST", "docs")) == (405, "method_not_allowed")


def test_every_route_of_the_api_has_a_rule():
    without = [str(pattern.pattern) for pattern in _routes() if rule_of(pattern.callback) is None]

    assert without == []


def _routes():
    for entry in get_resolver().url_patterns:
        if str(entry.pattern) == "api/v1/":
            yield from entry.url_patterns
