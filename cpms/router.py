"""The Router: one place that lets a request through to its view, or does not.

Routes are declared with `route(...)`, which takes the rule. The REST API's viewsets carry
theirs as `rule`; there the permission class `cpms.api.permissions.ByRole` asks the same
function, because tokens are read by the API's own authentication.
"""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from accounts import auditing
from accounts.permissions import Rule, permits

View = Callable[..., HttpResponseBase]


def route(pattern: str, view: View, rule: Rule, name: str | None = None) -> URLPattern:
    """A URL pattern whose view knows who may call it."""

    def ruled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    ruled.__dict__.update(view.__dict__)
    ruled.__name__ = getattr(view, "__name__", type(view).__name__)
    ruled.rule = rule  # type: ignore[attr-defined]
    return path(pattern, ruled, name=name)


def rule_of(view: Any) -> Rule | None:
    """The rule a view was declared with; a REST action may have its own."""
    if rule := getattr(view, "initkwargs", {}).get("rule"):
        return cast("Rule", rule)
    return getattr(view, "rule", None) or getattr(getattr(view, "cls", None), "rule", None)


class Router:
    """Middleware: refuses what the route's rule does not permit, and lets nobody keep answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        auditing.note_answer(request, response)
        response.headers.setdefault("Cache-Control", "no-store")  # nobody sees it after a log-out
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if "\0" in request.path_info:  # PostgreSQL has no such text: nothing can bear that name
            raise Http404
        rule = rule_of(view)
        if rule is None:
            raise PermissionDenied
        if hasattr(view, "cls"):  # a REST view: its permission class asks `permits`
            return None
        if permits(rule, request.user, request.method or "GET"):
            if rule.write not in ("everyone", "protocol"):
                auditing.note(request, request.user)
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied
