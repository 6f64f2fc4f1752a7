"""Pages for what went wrong: what happened and what to do, never how."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from cpms.kernel.errors import DomainError, Missing, NotPermitted

PROBLEM = "application/problem+json"


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 403, "permission_denied", "You may not do this.")


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 404, "not_found", "There is nothing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500, "server_error", "Something failed on our side.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "csrf_failed", "This form is too old. Load the page again.")


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 400, "bad_request", "This request cannot be understood.")


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    status = (
        404 if isinstance(refusal, Missing) else 403 if isinstance(refusal, NotPermitted) else 409
    )
    return _page(request, status, refusal.code, refusal.text)


def _page(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """A problem document for programs, a page for people."""
    if request.path.startswith("/api/"):
        title = code.replace("_", " ").capitalize()
        body = {"type": "about:blank", "title": title, "status": status, "code": code}
        return JsonResponse({**body, "detail": detail}, status=status, content_type=PROBLEM)
    facts = {"status": status, "code": code, "detail": detail}
    return render(request, "errors/error.html", facts, status=status)
