"""Who may do what: one rule per route, one function that decides.

A route gets its rule where it is declared (`cpms.router.route`, or `rule` on a viewset); the
Router and the REST API's permission class ask `permits`. A route without a rule is refused, and
fails a test.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from accounts.enums import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

RANK = {Role.NONE: 0, Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMINISTRATOR: 3}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

Who = Role | Literal["everyone", "protocol"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may read (GET, HEAD, OPTIONS) and who may write. `everyone`: no log-in needed;
    `protocol`: the route authenticates its caller itself, in its protocol's terms."""

    read: Who
    write: Who


PUBLIC = Rule(read="everyone", write="everyone")
PROTOCOL = Rule(read="protocol", write="protocol")
OWN = Rule(read=Role.VIEWER, write=Role.VIEWER)  # one's own account
OPERATE = Rule(read=Role.VIEWER, write=Role.OPERATOR)
OPERATE_ONLY = Rule(read=Role.OPERATOR, write=Role.OPERATOR)  # a form: nothing to read in it
CONFIGURE = Rule(read=Role.VIEWER, write=Role.ADMINISTRATOR)
ADMINISTER = Rule(read=Role.ADMINISTRATOR, write=Role.ADMINISTRATOR)


def permits(rule: Rule, user: "User | AnonymousUser", method: str) -> bool:
    """Whether `user` may call a route with this rule by this HTTP method."""
    needed = rule.read if method in SAFE else rule.write
    if needed in ("everyone", "protocol"):
        return True
    return user.is_authenticated and has_role(user, Role(needed))


def has_role(user: "User | AnonymousUser", role: Role) -> bool:
    """Whether `user` holds this role or a higher one."""
    held = getattr(user, "role", None)
    return bool(user.is_active and held and RANK[Role(held)] >= RANK[role])
