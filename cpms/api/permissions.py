from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import permits


class ByRole(BasePermission):
    """Asks the view's `rule`; a view without one is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        rule = getattr(view, "rule", None)
        return rule is not None and permits(rule, request.user, request.method or "GET")
