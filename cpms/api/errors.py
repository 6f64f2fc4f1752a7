"""Refusals as HTTP answers: RFC 9457 problem details, the only place that translates them."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import TooManyAttempts, WrongCredentials
from cpms.kernel.errors import Conflict, DomainError, Invalid, Missing, NotPermitted, Unavailable

log = logging.getLogger(__name__)

STATUS: dict[type, int] = {
    Invalid: status.HTTP_400_BAD_REQUEST,
    NotPermitted: status.HTTP_403_FORBIDDEN,
    Missing: status.HTTP_404_NOT_FOUND,
    Conflict: status.HTTP_409_CONFLICT,
    Unavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    DomainError: status.HTTP_400_BAD_REQUEST,
    WrongCredentials: status.HTTP_401_UNAUTHORIZED,
    TooManyAttempts: status.HTTP_429_TOO_MANY_REQUESTS,
}
CONTENT_TYPE = "application/problem+json"


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: a problem for each refusal; bugs stay bugs."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, DomainError):
        set_rollback()
        return _refused(exc)
    if isinstance(exc, exceptions.APIException):
        set_rollback()
        return _api_problem(exc)
    return None


def problem(code: str, detail: str, http_status: int, **more: Any) -> Response:
    """One problem document; `code` is stable, `detail` is for people."""
    body = {"type": "about:blank", "title": code.replace("_", " ").capitalize(), **more}
    body |= {"status": http_status, "code": code, "detail": detail}
    return Response(body, status=http_status, content_type=CONTENT_TYPE)


def _refused(refusal: DomainError) -> Response:
    family = next(kind for kind in type(refusal).__mro__ if kind in STATUS)
    facts = {name: _plain(fact) for name, fact in refusal.facts.items()}
    answer = problem(refusal.code, refusal.text, STATUS[family], **facts)
    if STATUS[family] == status.HTTP_401_UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="cpms"'
    if "retry_after_s" in facts:
        answer["Retry-After"] = str(facts["retry_after_s"])
    return answer


def _api_problem(exc: exceptions.APIException) -> Response:
    more: dict[str, Any] = {}
    if isinstance(exc, exceptions.ValidationError):
        code, detail, more["errors"] = "invalid", "The request is not valid.", exc.detail
    else:
        code, detail = str(exc.default_code), str(exc.detail)
    answer = problem(code, detail, exc.status_code, **more)
    if header := getattr(exc, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        answer["Retry-After"] = str(int(wait))
    return answer


def _plain(fact: Any) -> Any:
    if isinstance(fact, dict | list | str | int | float | bool | None):
        return fact
    return str(fact)
