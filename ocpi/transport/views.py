"""The view that every OCPI view is: token, routing, ids, envelope."""

from time import monotonic
from typing import Any, ClassVar
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import PROTOCOL
from ocpi import journal, ports
from ocpi.domain.exchanges import Exchange, with_short_list
from ocpi.domain.limits import Limits
from ocpi.enums import Direction, TokenKind
from ocpi.errors import TooManyRequests, UnknownCredentials, UnknownObject
from ocpi.models import Partner
from ocpi.selectors import PartyKey, hub_keys, our_party_keys, parties_of
from ocpi.transport.authentication import Caller, CredentialsToken
from ocpi.transport.envelope import SUCCESS, TextAnswer, refusal
from ocpi.transport.routing import Route, route_of

IDS = ("X-Request-ID", "X-Correlation-ID")
LONGEST_ID = 128

limits = Limits()


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

    limit: ClassVar[str] = ""
    """The setting that says how many such requests a partner may make a minute; empty: as many
    as it likes."""

    version: ClassVar[str] = "2.2.1"
    """In which it is spoken; `as_view(version=…)` says another."""

    route: Route | None = None
    known: Caller | None = None  # once it let itself in

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and log the exchange beside it."""
        began, at = monotonic(), timezone.now()
        response = super().dispatch(request, *args, **kwargs)
        caller = self.known
        shown, code = _shown(response)
        journal.note(
            Exchange(
                at=at,
                partner_id=caller.partner.pk if caller else None,
                direction=Direction.IN,
                method=request.method or "",
                url=request.get_full_path(),
                ms=round((monotonic() - began) * 1000),
                request=_body(self.request) if caller else None,
                answer=shown,
                http=response.status_code,
                code=code,
                request_id=_id(self.request, IDS[0]),
                secrets=(caller.token,) if caller else (),
            )
        )
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._bind_ids(request)
        super().initial(request, *args, **kwargs)
        self.known = self.caller
        if self.caller.row.kind == TokenKind.INVITATION and not self.opens_to_invited:
            raise UnknownCredentials
        if self.limit and (after_s := self._wait_s()):
            raise TooManyRequests(after_s)
        if self.is_routed:
            self.route = route_of(request.headers, parties_of(self.partner), our_party_keys)
            self._act_for(self.route.sender)

    def _act_for(self, sender: PartyKey | None) -> None:
        """Who asks through a hub sees and touches its own alone."""
        called = hub_keys(self.partner)
        if called and sender is not None and sender not in called:
            self.partner.acting_for = sender

    def _wait_s(self) -> float:
        a_minute: int = getattr(settings.OCPI, self.limit)
        return limits.wait_s((self.partner.pk, self.limit), a_minute)

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


def _body(request: Request) -> Any:
    """What was sent, as far as it could be read; the answer says what was wrong with it."""
    try:
        return request.data or None
    except Exception:  # noqa: BLE001 -- a log is no reason to fail
        return None


def _shown(response: HttpResponseBase) -> tuple[Any, int | None]:
    """What the log is given of an answer, and its status code."""
    if isinstance(response, TextAnswer):
        return response.glimpse, SUCCESS
    data = getattr(response, "data", None)
    return with_short_list(data), data.get("status_code") if isinstance(data, dict) else None


def _id(request: Request, name: str) -> str:
    """The id that the caller gave, or one of our own; the same each time it is asked for."""
    key = f"ocpi {name}"
    ids: dict[str, str] = request._request.META  # noqa: SLF001 -- Django's request, once per request
    if key not in ids:
        given = request.headers.get(name, "")
        fits = given.isascii() and given.isprintable() and 0 < len(given) <= LONGEST_ID
        ids[key] = given if fits else str(uuid4())
    return ids[key]
