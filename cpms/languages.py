"""In which language somebody is spoken to: what they chose, else what their browser asks for.

REST, OCPI, OCPP and the grid operators' protocols stay English, whoever asks.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from cpms.kernel.errors import DomainError

OF_PROGRAMS = ("/api/", "/ocpi/", "/oscp/", "/openadr/", "/healthz", "/readyz", "/metrics")


def language_of(user: Any, cookies: Mapping[str, str], accepted: str) -> str:
    """`accepted`: the browser's Accept-Language."""
    known = dict(settings.LANGUAGES)
    chosen = (getattr(user, "language", ""), cookies.get(settings.LANGUAGE_COOKIE_NAME, ""))
    asked = [name for name, _weight in parse_accept_lang_header(accepted)]
    without_region = [name.partition("-")[0] for name in asked]
    wishes = (*chosen, *(one for pair in zip(asked, without_region, strict=True) for one in pair))
    return next((one for one in wishes if one in known), settings.LANGUAGE_CODE)


def told(refusal: DomainError) -> str:
    """A refusal in the reader's language; what it quotes from elsewhere stays as it came."""
    return refusal.said(translation.gettext(refusal.sentence))


class Language:
    """Middleware: pages, and what is said on them, in the reader's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(OF_PROGRAMS):
            return self.get_response(request)
        accepted = request.headers.get("Accept-Language", "")
        language = language_of(request.user, request.COOKIES, accepted)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
