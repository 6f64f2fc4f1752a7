"""Pages for what went wrong: what happened and what to do, never how."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from cpms.kernel.errors import DomainError, Missing, NotPermitted
from cpms.languages import told
from ocpi.transport.envelope import bare_refusal

PROBLEM = "application/problem+json"


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 403, "permission_denied", _("You may not do this."))


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 404, "not_found", _("There is nothing here."))


def too_many_requests(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 429, "too_many_attempts", _("Too many attempts."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500, "server_error", _("Something failed on our side."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "csrf_failed", _("This form is too old. Load the page again."))


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 400, "bad_request", _("This request cannot be understood."))


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    status = (
        404 if isinstance(refusal, Missing) else 403 if isinstance(refusal, NotPermitted) else 409
    )
    return _page(request, status, refusal.code, told(refusal))


def _page(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """An envelope for partners, a problem document for other programs, a page for people."""
    if request.path.startswith("/ocpi/"):
        return bare_refusal(status, detail)
    if request.path.startswith("/api/"):
        title = code.replace("_", " ").capitalize()
        body = {"type": "about:blank", "title": title, "status": status, "code": code}
        return JsonResponse({**body, "detail": detail}, status=status, content_type=PROBLEM)
    facts = {"status": status, "code": code, "detail": detail}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # without the request: it asks the database
        return HttpResponse(render_to_string("errors/error.html", facts), status=status)
    return render(request, "errors/error.html", facts, status=status)
