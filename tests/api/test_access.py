"""Who may call what: every route of the API by every role and by nobody."""

import pytest
from django.urls import get_resolver

from accounts.permissions import ADMINISTER, CONFIGURE, OPERATE, OWN, PUBLIC
from tests.api.conftest import Api, problem_of
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

ABSENT = "00000000-0000-4000-8000-000000000000"
RULES = {  # route: (its rule, methods)
    "auth/token": (PUBLIC, "POST"),
    "schema": (PUBLIC, "GET"),
    "docs": (PUBLIC, "GET"),
    "locations": (CONFIGURE, "GET POST"),
    "locations/NONE": (CONFIGURE, "GET PUT PATCH DELETE"),
    "locations/NONE/external-status": (OPERATE, "GET"),
    "locations/NONE/internal-status": (OPERATE, "GET"),
    "locations/NONE/energy-report": (OPERATE, "GET"),
    "stations": (CONFIGURE, "GET POST"),
    "stations/NONE": (CONFIGURE, "GET PUT PATCH DELETE"),
    "stations/NONE/commands": (OPERATE, "POST"),
    "stations/NONE/key": (ADMINISTER, "POST"),
    "stations/NONE/key/rotate": (ADMINISTER, "POST"),
    "evses": (CONFIGURE, "GET POST"),
    "evses/NONE": (CONFIGURE, "GET PUT PATCH DELETE"),
    "evses/NONE/availability": (OPERATE, "PUT PATCH POST"),
    "connectors": (CONFIGURE, "GET POST"),
    "connectors/NONE:1": (CONFIGURE, "GET PUT PATCH DELETE"),
    f"commands/{ABSENT}": (OPERATE, "GET"),
    "sessions": (OPERATE, "GET"),
    "sessions/start": (OPERATE, "POST"),
    f"sessions/{ABSENT}": (OPERATE, "GET"),
    f"sessions/{ABSENT}/stop": (OPERATE, "POST"),
    f"sessions/{ABSENT}/meter-values": (OPERATE, "GET"),
    f"sessions/{ABSENT}/power-curve": (OPERATE, "GET"),
    "reservations": (OPERATE, "GET POST"),
    "reservations/0": (OPERATE, "GET PATCH DELETE"),
    "local-lists": (OPERATE, "GET"),
    "local-lists/NONE": (OPERATE, "GET PATCH"),
    "local-lists/NONE/send": (OPERATE, "POST"),
    "cdrs": (OPERATE, "GET"),
    f"cdrs/{ABSENT}": (OPERATE, "GET"),
    f"cdrs/{ABSENT}/correct": (ADMINISTER, "POST"),
    "tariffs": (CONFIGURE, "GET POST"),
    "tariffs/NONE": (CONFIGURE, "GET PUT PATCH DELETE"),
    "tokens": (OPERATE, "GET POST"),
    "tokens/0": (OPERATE, "GET PUT PATCH DELETE"),
    "batteries": (CONFIGURE, "GET POST"),
    "batteries/0": (CONFIGURE, "GET PUT PATCH DELETE"),
    "dsos": (CONFIGURE, "GET POST"),
    "dsos/0": (CONFIGURE, "GET DELETE"),
    "dsos/0/poll": (OPERATE, "POST"),
    "dsos/0/adjust": (OPERATE, "POST"),
    "dsos/0/handshake": (CONFIGURE, "POST"),
    "dsos/0/suspend": (CONFIGURE, "POST"),
    "dsos/0/resume": (CONFIGURE, "POST"),
    "dsos/0/link": (CONFIGURE, "POST"),
    "dsos/0/unlink": (CONFIGURE, "POST"),
    "supply-sources": (CONFIGURE, "GET POST"),
    "supply-sources/0": (CONFIGURE, "GET PUT PATCH DELETE"),
    "supply-contracts": (CONFIGURE, "GET POST"),
    "supply-contracts/0": (CONFIGURE, "GET PUT PATCH DELETE"),
    "capacity-limits": (CONFIGURE, "GET POST"),
    "capacity-limits/0": (CONFIGURE, "DELETE"),
    "price-lists": (CONFIGURE, "GET POST"),
    "price-lists/0": (CONFIGURE, "GET PUT PATCH DELETE"),
    "price-lists/0/prices": (CONFIGURE, "POST"),
    "energy-prices": (CONFIGURE, "GET"),
    "dynamic-tariffs": (CONFIGURE, "GET POST"),
    "dynamic-tariffs/NONE": (CONFIGURE, "GET PUT PATCH DELETE"),
    "energy-policies": (CONFIGURE, "GET POST"),
    "energy-policies/NONE": (CONFIGURE, "GET PUT PATCH"),
    "energy-policies/NONE/plan": (OPERATE, "GET"),
    "power-sharing": (CONFIGURE, "GET"),
    "power-sharing/NONE": (CONFIGURE, "GET PUT"),
    "batteries/0/test": (CONFIGURE, "GET POST"),
    "meters": (CONFIGURE, "GET POST"),
    "meters/0": (CONFIGURE, "GET PUT PATCH DELETE"),
    "meters/0/readings": (OPERATE, "POST"),
    "partners": (CONFIGURE, "GET POST"),
    "partners/0": (CONFIGURE, "GET PATCH DELETE"),
    "partners/0/invite": (CONFIGURE, "POST"),
    "partners/0/connect": (CONFIGURE, "POST"),
    "partners/0/rotate": (CONFIGURE, "POST"),
    "partners/0/suspend": (CONFIGURE, "POST"),
    "partners/0/resume": (CONFIGURE, "POST"),
    "partners/0/push": (OPERATE, "POST"),
    "partners/0/pull": (OPERATE, "POST"),
    "alerts": (OPERATE, "GET"),
    "alerts/0": (OPERATE, "GET"),
    "alerts/0/acknowledge": (OPERATE, "POST"),
    "alerts/0/hand-back": (OPERATE, "POST"),
    "alert-rules": (CONFIGURE, "GET POST"),
    "alert-rules/0": (CONFIGURE, "GET PUT PATCH DELETE"),
    "alert-rules/0/subscription": (OWN, "PUT DELETE"),
    "webhooks": (ADMINISTER, "GET POST"),
    "webhooks/0": (ADMINISTER, "GET PUT DELETE"),
    "webhooks/0/test": (ADMINISTER, "POST"),
    "webhooks/0/secret": (ADMINISTER, "POST"),
    "webhooks/0/switch": (ADMINISTER, "POST"),
    "webhooks/0/deliveries": (ADMINISTER, "GET"),
    "users": (ADMINISTER, "GET POST"),
    "users/0": (ADMINISTER, "GET PUT PATCH DELETE"),
    "audit": (ADMINISTER, "GET"),
    "api-tokens": (OWN, "GET POST"),
    "api-tokens/0": (OWN, "DELETE"),
}
CALLS = [(path, method) for path, (_, methods) in RULES.items() for method in methods.split()]
RANKS = {"none": 0, "viewer": 1, "operator": 2, "administrator": 3}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def needed(rule, method):
    return rule.read if method == "GET" else rule.write


@pytest.mark.parametrize("role", [None, *RANKS])
def test_each_route_lets_in_whom_its_rule_names_and_nobody_else(role):
    api = Api(UserFactory(role=role) if role else None)

    refused = {
        (path, method)
        for path, method in CALLS
        if (status := api.ask(method, path, {}).status_code) == 403
        or (status == 401 and path != "auth/token")
    }

    def may(path, method):
        who = needed(RULES[path][0], method)
        return who == "everyone" or (role is not None and RANKS[role] >= RANKS[who])

    assert refused == {call for call in CALLS if not may(*call)}


def test_who_is_not_logged_in_is_asked_to_and_who_is_but_may_not_is_told_so():
    path = "locations"

    assert problem_of(Api().get(path)) == (401, "not_authenticated")
    assert Api().get(path)["WWW-Authenticate"] == 'Bearer realm="cpms"'
    viewer = Api(UserFactory(role="viewer"))
    assert problem_of(viewer.post(path, {})) == (403, "permission_denied")


@pytest.mark.parametrize("path", RULES)
def test_each_route_refuses_other_methods_as_a_problem(path, admin):
    others = [method for method in METHODS if method not in RULES[path][1].split()]

    answers = [problem_of(admin.ask(method, path, {})) for method in [*others, "OPTIONS", "FOO"]]

    assert set(answers) == {(405, "method_not_allowed")}


def test_the_table_above_holds_every_route():
    (api,) = (entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/v1/")

    unmatched = [
        str(entry.pattern)
        for entry in api.url_patterns
        if not any(
            (found := entry.resolve(path)) and found.func == entry.callback for path in RULES
        )
    ]

    assert unmatched == []
