"""A refusal that a page let through is a page too; bugs stay bugs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from cpms.kernel.errors import DomainError
from cpms.portal.views.errors import refused


class Refusals:
    """Middleware around the portal's views; the REST API translates its refusals itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponseBase | None:
        return refused(request, fault) if isinstance(fault, DomainError) else None
