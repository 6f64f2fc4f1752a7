"""Whether a caller may: the one rule of the Router, asked after the API's own authentication."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import auditing
from accounts.permissions import permits


class ByRole(BasePermission):
    """Asks the view's `rule`; a view without one is refused. DRF's views are not imported here:
    they import this module while they are being loaded."""

    def has_permission(self, request: Request, view: Any) -> bool:
        rule = getattr(view, "rule", None)
        may = rule is not None and permits(rule, request.user, request.method or "GET")
        if may:
            auditing.note(request._request, request.user)  # noqa: SLF001 -- DRF has no other name for it
        return may
