import pytest
from django.contrib.auth.models import AnonymousUser

from accounts import permissions
from accounts.models import User
from accounts.permissions import has_role, permits

ROLES = ("administrator", "operator", "viewer", "none")
RULES = ("PUBLIC", "PROTOCOL", "OWN", "OPERATE", "CONFIGURE", "ADMINISTER")


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [
        ("administrator", RULES, RULES),
        ("operator", RULES[:5], RULES[:4]),
        ("viewer", RULES[:5], RULES[:3]),
        ("none", RULES[:2], RULES[:2]),
        (None, RULES[:2], RULES[:2]),
    ],
)
def test_who_may_do_what(who, reads, writes):
    user = User(role=who) if who else AnonymousUser()

    def permitted(*methods):
        return tuple(
            name
            for name in RULES
            if all(permits(getattr(permissions, name), user, method) for method in methods)
        )

    assert permitted("GET", "HEAD", "OPTIONS") == reads
    assert permitted("POST", "PUT", "PATCH", "DELETE", "TRACE", "WHATEVER") == writes


@pytest.mark.parametrize("held", ROLES)
def test_a_role_includes_the_lower_ones(held):
    assert [has_role(User(role=held), role) for role in ROLES] == [
        ROLES.index(held) <= place for place in range(4)
    ]


def test_who_is_inactive_may_nothing():
    assert not any(has_role(User(role="administrator", is_active=False), role) for role in ROLES)
