"""What every request passes: a log line bound to an id that the answer bears too; chunked bodies."""

import logging
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

log = logging.getLogger("cpms.request")

SLOW_S = 1.0


class RequestLog:
    """Binds `request_id` to every log line of a request; reports slow and failed ones."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex[:16]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        response.setdefault("X-Request-ID", request_id)  # a protocol may have its own
        if seconds > SLOW_S or response.status_code >= 500:  # noqa: PLR2004 -- server errors
            log.warning(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "ms": round(seconds * 1000),
                },
            )
        return response


class ChunkedBody:
    """A chunked body tells no length, and the REST framework takes no length for no body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.path.startswith(("/api/", "/ocpi/"))
            and "HTTP_TRANSFER_ENCODING" in request.META
        ):
            request.META["CONTENT_LENGTH"] = "1"  # at least; the parser reads to the end
        return self.get_response(request)
