"""Who may open and send what: every route of the portal by every role and by nobody."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import get_resolver, resolve

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import ADMINISTER, CONFIGURE, OPERATE, OPERATE_ONLY, OWN, PROTOCOL, PUBLIC
from cpms.router import Router, rule_of

UUID = "00000000-0000-4000-8000-000000000000"
RULES = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    "": OPERATE,
    "search/": OPERATE,
    "pick-location/": OPERATE,
    "alerts/": OPERATE,
    "alerts/0/": OPERATE,
    "alerts/0/hand-back/": OPERATE,
    "alerts/rules/": OPERATE,
    "alerts/rules/add/": ADMINISTER,
    "alerts/rules/0/": ADMINISTER,
    "alerts/rules/0/remove/": ADMINISTER,
    "alerts/rules/0/subscribe/": OWN,
    "webhooks/add/": ADMINISTER,
    "webhooks/0/": ADMINISTER,
    "webhooks/0/edit/": ADMINISTER,
    "webhooks/0/remove/": ADMINISTER,
    "webhooks/0/test/": ADMINISTER,
    "webhooks/0/secret/": ADMINISTER,
    "webhooks/0/switch/": ADMINISTER,
    "messages/": OPERATE,
    "refused-connections/": OPERATE,
    "public/NONE/": PUBLIC,
    "public/NONE/badge.svg": PUBLIC,
    "locations/": OPERATE,
    "locations/NONE/": OPERATE,
    "locations/add/": ADMINISTER,
    "locations/NONE/edit/": ADMINISTER,
    "locations/NONE/remove/": ADMINISTER,
    "locations/NONE/internal-status/": OPERATE,
    "locations/NONE/energy-report/": OPERATE,
    "stations/": OPERATE,
    "stations/NONE/": OPERATE,
    "stations/NONE/command/": OPERATE,
    "stations/NONE/local-list/": OPERATE,
    "stations/add/": ADMINISTER,
    "stations/NONE/edit/": ADMINISTER,
    "stations/NONE/remove/": ADMINISTER,
    "stations/NONE/connect/": ADMINISTER,
    "stations/NONE/key/": ADMINISTER,
    "stations/NONE/key/new/": ADMINISTER,
    "stations/NONE/evses/add/": ADMINISTER,
    "stations/NONE/evses/NONE/": ADMINISTER,
    "stations/NONE/evses/NONE/remove/": ADMINISTER,
    "evses/NONE/start/": OPERATE,
    "evses/NONE/stop/": OPERATE,
    "evses/NONE/unlock/": OPERATE,
    "evses/NONE/availability/": OPERATE,
    "sessions/": OPERATE,
    f"sessions/{UUID}/": OPERATE,
    f"sessions/{UUID}/samples.csv": OPERATE,
    f"sessions/{UUID}/stop/": OPERATE,
    f"cdrs/{UUID}/correct/": ADMINISTER,
    "reservations/": OPERATE,
    "reservations/add/": OPERATE_ONLY,
    "reservations/0/": OPERATE,
    "reservations/0/edit/": OPERATE_ONLY,
    "reservations/0/cancel/": OPERATE,
    "tokens/": CONFIGURE,
    "tokens/add/": OPERATE_ONLY,
    "tokens/0/status/": OPERATE,
    "tariffs/": CONFIGURE,
    "tariffs/add/": ADMINISTER,
    "tariffs/NONE/": ADMINISTER,
    "batteries/": CONFIGURE,
    "batteries/add/": ADMINISTER,
    "batteries/0/": CONFIGURE,
    "batteries/0/test/": ADMINISTER,
    "batteries/0/edit/": ADMINISTER,
    "batteries/0/remove/": ADMINISTER,
    "locations/NONE/energy/": OPERATE,
    "locations/NONE/energy/tariff/": ADMINISTER,
    "locations/NONE/energy/policy/": ADMINISTER,
    "locations/NONE/energy/sources/add/": ADMINISTER,
    "locations/NONE/energy/sources/0/": ADMINISTER,
    "locations/NONE/energy/sources/0/remove/": ADMINISTER,
    "locations/NONE/energy/sources/0/contracts/add/": ADMINISTER,
    "locations/NONE/energy/meters/add/": ADMINISTER,
    "locations/NONE/energy/meters/0/": ADMINISTER,
    "locations/NONE/energy/meters/0/remove/": ADMINISTER,
    "locations/NONE/energy/limits/add/": ADMINISTER,
    "locations/NONE/energy/limits/0/remove/": ADMINISTER,
    "energy-prices/": CONFIGURE,
    "energy-prices/add/": ADMINISTER,
    "energy-prices/0/": ADMINISTER,
    "energy-prices/0/prices/": ADMINISTER,
    "ocpi-messages/": OPERATE,
    "partners/": OPERATE,
    "partners/0/": OPERATE,
    "partners/0/push/": OPERATE,
    "partners/0/pull/": OPERATE,
    "partners/add/": ADMINISTER,
    "partners/0/joining/": ADMINISTER,
    "partners/0/invite/": ADMINISTER,
    "partners/0/suspend/": ADMINISTER,
    "partners/0/resume/": ADMINISTER,
    "partners/0/rotate/": ADMINISTER,
    "partners/0/policy/": ADMINISTER,
    "partners/0/remove/": ADMINISTER,
    "dsos/": OPERATE,
    "dsos/0/": OPERATE,
    "dsos/0/poll/": OPERATE,
    "dsos/add/": ADMINISTER,
    "dsos/0/handshake/": ADMINISTER,
    "dsos/0/sources/add/": ADMINISTER,
    "dsos/0/sources/0/remove/": ADMINISTER,
    "dsos/0/suspend/": ADMINISTER,
    "dsos/0/resume/": ADMINISTER,
    "dsos/0/remove/": ADMINISTER,
    "users/": ADMINISTER,
    "users/add/": ADMINISTER,
    "users/0/role/": ADMINISTER,
    "users/0/invite/": ADMINISTER,
    "audit/": ADMINISTER,
    "api-tokens/": OWN,
    "api-tokens/0/revoke/": OWN,
    "password/change/": OWN,
    "reauthenticate/": OWN,
    "second-factor/authenticate/": PUBLIC,
    "second-factor/keys/login/": PUBLIC,
    "users/0/second-factor/remove/": ADMINISTER,
    "language/": PUBLIC,
    "login/": PUBLIC,
    "logout/": PUBLIC,
    "signup/": PUBLIC,
    "inactive/": PUBLIC,
    "confirm-email/": PUBLIC,
    "confirm-email/x/": PUBLIC,
    "password/reset/": PUBLIC,
    "password/reset/done/": PUBLIC,
    "password/reset/key/0-x/": PUBLIC,
    "password/reset/key/done/": PUBLIC,
}
OTHER_DOORS = {"api/v1/", "ocpi/"}
STAFFS = (ADMINISTER, CONFIGURE, OPERATE, OPERATE_ONLY, OWN, PROTOCOL)
RANKS = {Role.NONE: 0, Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMINISTRATOR: 3}


def is_refused(role, method, path):
    """What the Router says before any view is asked."""
    request = RequestFactory().generic(method, path)
    request.user = User(role=role) if role else AnonymousUser()
    found = resolve(path)
    try:
        answer = Router(lambda _: None).process_view(request, found.func, found.args, found.kwargs)
    except PermissionDenied:
        return role is not None
    return answer is not None and answer["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("role", [None, *RANKS])
def test_each_route_lets_in_whom_its_rule_names_and_nobody_else(role, monkeypatch):
    monkeypatch.setattr("accounts.auditing.note", lambda request, user: None)  # needs no database

    def may(who):
        return who == "everyone" or (role is not None and RANKS[role] >= RANKS[who])

    refused = {
        (path, method)
        for path in RULES
        for method in ("GET", "POST", "PUT", "DELETE")
        if is_refused(role, method, f"/{path}")
    }

    expected = {(path, "GET") for path, rule in RULES.items() if not may(rule.read)}
    for method in ("POST", "PUT", "DELETE"):
        expected |= {(path, method) for path, rule in RULES.items() if not may(rule.write)}
    assert refused == expected


def test_what_the_table_does_not_name_is_for_staff():
    patterns = [
        pattern
        for entry in get_resolver().url_patterns
        if str(entry.pattern) not in OTHER_DOORS
        for pattern in leaves(entry)
    ]

    others = {
        str(pattern.pattern): rule_of(pattern.callback)
        for pattern in patterns
        if not any(
            (found := pattern.resolve(path)) and found.func == pattern.callback for path in RULES
        )
    }

    assert len(patterns) > len(others)
    assert {name for name, rule in others.items() if rule not in STAFFS} == set()


def leaves(entry):
    if not hasattr(entry, "url_patterns"):
        return [entry]
    assert str(entry.pattern) == ""  # so each resolves a whole path
    return [leaf for one in entry.url_patterns for leaf in leaves(one)]
