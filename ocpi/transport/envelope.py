"""The envelope of every answer (2.2.1 §4.1.8), and refusals told in it."""

import logging
import math
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework import exceptions, status
from rest_framework.response import Response

from cpms.kernel.blotting import LONGEST_BODY, MOST_BYTES, and_more
from cpms.kernel.errors import DomainError, Invalid, Missing, Unavailable
from ocpi.domain.datetimes import written
from ocpi.errors import OcpiRefusal, TooManyRequests

log = logging.getLogger(__name__)

SUCCESS, CLIENT_ERROR, INVALID, SERVER_ERROR = 1000, 2000, 2001, 3000
ABSENT: Any = object()


def answer(
    data: Any = ABSENT, *, http: int = status.HTTP_200_OK, code: int = SUCCESS, message: str = ""
) -> Response:
    """An answer; without `data` the envelope has none."""
    body: dict[str, Any] = {} if data is ABSENT else {"data": data}
    body["status_code"] = code
    if message:
        body["status_message"] = message
    body["timestamp"] = written(timezone.now())
    return Response(body, status=http)


class TextAnswer(HttpResponse):
    """An answer whose data is JSON already. `glimpse`: as much of it as the log can use."""

    def __init__(self, data: str, glimpse: str) -> None:
        super().__init__(_enveloped(data).encode(), content_type="application/json")
        self.glimpse = _enveloped(glimpse)


def answer_with_text(text: str) -> TextAnswer:
    """An answer with one object."""
    return TextAnswer(text, text[:MOST_BYTES])


def answer_with_texts(texts: Sequence[str]) -> TextAnswer:
    """An answer with a list of objects. As many of them are logged as a line can hold."""
    shown, length = list(texts[:1]), len(texts[0]) if texts else 0
    for text in texts[1:]:
        length += len(text)
        if length > LONGEST_BODY:
            shown.append(f'"{and_more(len(texts) - len(shown))}"')
            break
        shown.append(text)
    return TextAnswer(f"[{','.join(texts)}]", f"[{','.join(shown)[:MOST_BYTES]}]")


def _enveloped(data: str) -> str:
    timestamp = written(timezone.now())
    return f'{{"data":{data},"status_code":{SUCCESS},"timestamp":"{timestamp}"}}'


def refusal(exc: Exception) -> Response:
    """Every exception as an answer; what is no refusal is a fault of ours, logged and told as
    such without its details."""
    if isinstance(exc, OcpiRefusal):
        told = answer(http=exc.http_status, code=exc.ocpi_code, message=exc.text)
        if isinstance(exc, TooManyRequests):
            told["Retry-After"] = str(math.ceil(exc.after_s))
        return _with_challenge(told)
    if isinstance(exc, DomainError):
        return answer(code=_code_of(exc), message=exc.text)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, exceptions.APIException):
        detail = exc.detail if isinstance(exc.detail, str) else "The request is not valid."
        return answer(http=exc.status_code, code=CLIENT_ERROR, message=str(detail))
    log.error("request failed", exc_info=exc)
    return answer(
        http=status.HTTP_500_INTERNAL_SERVER_ERROR,
        code=SERVER_ERROR,
        message="Something failed on our side.",
    )


def bare_refusal(http: int, message: str) -> JsonResponse:
    """A refusal where no view of ours was reached."""
    is_ours = http >= status.HTTP_500_INTERNAL_SERVER_ERROR
    body = {
        "status_code": SERVER_ERROR if is_ours else CLIENT_ERROR,
        "status_message": message,
        "timestamp": written(timezone.now()),
    }
    return JsonResponse(body, status=http)


def _code_of(exc: DomainError) -> int:
    if isinstance(exc, Unavailable):
        return SERVER_ERROR
    return INVALID if isinstance(exc, Invalid | Missing) else CLIENT_ERROR


def _with_challenge(response: Response) -> Response:
    if response.status_code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = "Token"
    return response
