"""The view that every OCPI view is: token, routing, ids, envelope."""

from typing import Any, ClassVar
from uuid import uuid4

import structlog
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import PROTOCOL
from ocpi import ports
from ocpi.enums import TokenKind
from ocpi.errors import UnknownCredentials, UnknownObject
from ocpi.models import Partner
from ocpi.selectors import our_party_keys, parties_of
from ocpi.transport.authentication import Caller, CredentialsToken
from ocpi.transport.envelope import refusal
from ocpi.transport.routing import Route, route_of

IDS = ("X-Request-ID", "X-Correlation-ID")
LONGEST_ID = 128


class JsonOnly(BaseContentNegotiation):
    """OCPI is JSON, whatever the headers say."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class OcpiView(APIView):
    """A route of the roaming edge. It knows its caller by the credentials token alone."""

    rule = PROTOCOL
    schema = None  # OCPI has its own specification; the REST API's document leaves it out
    authentication_classes = [CredentialsToken]
    content_negotiation_class = JsonOnly
    http_method_names = ["get", "post", "put", "patch", "delete"]

    opens_to_invited: ClassVar[bool] = False
    """Whether token A suffices: for versions and credentials (§4.1.1)."""
    is_routed: ClassVar[bool] = True
    """Whether it is a functional module, with routing headers (§4.3)."""

    version: ClassVar[str] = "2.2.1"
    """In which it is spoken; `as_view(version=…)` says another."""

    route: Route | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._bind_ids(request)
        super().initial(request, *args, **kwargs)
        if self.caller.row.kind == TokenKind.INVITATION and not self.opens_to_invited:
            raise UnknownCredentials
        if self.is_routed:
            self.route = route_of(request.headers, parties_of(self.partner), our_party_keys)

    @property
    def caller(self) -> Caller:
        caller = self.request.auth
        assert isinstance(caller, Caller)
        return caller

    @property
    def partner(self) -> Partner:
        return self.caller.partner

    def shaped(self, module: str, body: dict[str, Any]) -> dict[str, Any]:
        """An object of ours as this version writes it."""
        return ports.edition(self.version).shaped(module, body)

    @property
    def correlation_id(self) -> str:
        return _id(self.request, IDS[1])

    def handle_exception(self, exc: Exception) -> Response:
        return refusal(exc)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        for name in IDS:
            response[name] = _id(request, name)
        if self.route is not None:
            for name, value in self.route.answered().items():
                response[name] = value
        return super().finalize_response(request, response, *args, **kwargs)

    def _bind_ids(self, request: Request) -> None:
        structlog.contextvars.bind_contextvars(
            ocpi_request_id=_id(request, IDS[0]), ocpi_correlation_id=_id(request, IDS[1])
        )


class NothingHere(OcpiView):
    """A path that no module of ours has."""

    opens_to_invited, is_routed = True, False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise UnknownObject("There is no such OCPI endpoint.")


def _id(request: Request, name: str) -> str:
    """The id that the caller gave, or one of our own; the same each time it is asked for."""
    key = f"ocpi {name}"
    ids: dict[str, str] = request._request.META  # noqa: SLF001 -- Django's request, once per request
    if key not in ids:
        given = request.headers.get(name, "")
        fits = given.isascii() and given.isprintable() and 0 < len(given) <= LONGEST_ID
        ids[key] = given if fits else str(uuid4())
    return ids[key]
