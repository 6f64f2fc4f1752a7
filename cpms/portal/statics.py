"""The portal's files: WhiteNoise finds them and decides; here they are read whole, because Django
under ASGI warns of synchronous streams, and packed once per process where the browser can unpack."""

from functools import lru_cache
from http import HTTPStatus
from typing import Any

import brotli
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

PACKED = frozenset(
    {"text/css", "text/javascript", "application/javascript", "image/svg+xml", "text/plain"}
)
QUALITY = 6  # 1.1 MB in some 60 ms; the highest takes seconds
MOST_FILES = 64


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, answering in one piece."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        answer = HttpResponse(status=int(found.status))
        del answer["Content-Type"]
        for name, value in found.headers:
            answer[name] = value
        if found.file is None:
            return answer
        with found.file as file:
            body = file.read()
        if found.status == HTTPStatus.OK and answer.get("Content-Type", "").split(";")[0] in PACKED:
            answer["Vary"] = "Accept-Encoding"
            if "br" in request.headers.get("Accept-Encoding", ""):
                body = packed(body)
                answer["Content-Encoding"] = "br"
        answer["Content-Length"] = str(len(body))
        answer.content = body
        return answer


@lru_cache(MOST_FILES)
def packed(body: bytes) -> bytes:
    """Brotli of a file's content, kept."""
    found: bytes = brotli.compress(body, quality=QUALITY)
    return found
