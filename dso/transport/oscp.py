"""`/oscp/fp/2.0/<action>`: who asks, what, and the answer: 204, or a status with a message."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from cpms.kernel.documents import Unreadable, read_json
from cpms.kernel.errors import DomainError, Invalid, Missing, NotPermitted
from dso import log
from dso.domain.tokens import token_in
from dso.enums import Direction, TokenKind
from dso.errors import BadMessage, UnknownAction, UnknownToken, UnsupportedVersion
from dso.models import DsoToken
from dso.services import oscp
from dso.services.access import caller_with

LARGEST_BODY = 1_048_576
LONGEST_ID = 128
NO_CONTENT, TOO_LARGE, NOT_ALLOWED = 204, 413, 405

Answer = Callable[[DsoToken, Any, str], None]


def _register(caller: DsoToken, body: Any, request_id: str) -> None:
    oscp.register(row=caller, body=body, request_id=request_id, now=timezone.now())


def _unregister(caller: DsoToken, body: Any, request_id: str) -> None:
    oscp.unregister(row=caller, now=timezone.now())


def _handshake(caller: DsoToken, body: Any, request_id: str) -> None:
    oscp.shake_hands(dso_id=caller.dso_id, body=body, is_answer=False, now=timezone.now())


def _acknowledge(caller: DsoToken, body: Any, request_id: str) -> None:
    oscp.shake_hands(dso_id=caller.dso_id, body=body, is_answer=True, now=timezone.now())


def _heartbeat(caller: DsoToken, body: Any, request_id: str) -> None:
    oscp.take_heartbeat(dso_id=caller.dso_id, body=body, now=timezone.now())


def _forecast(caller: DsoToken, body: Any, request_id: str) -> None:
    oscp.take_forecast(dso_id=caller.dso_id, body=body, request_id=request_id, now=timezone.now())


ACTIONS: Mapping[str, Mapping[str, Answer]] = {
    "register": {"POST": _register, "PUT": _register, "DELETE": _unregister},
    "handshake": {"POST": _handshake},
    "handshake_acknowledge": {"POST": _acknowledge},
    "handshake_acknowledgment": {"POST": _acknowledge},  # as some peers spell it
    "heartbeat": {"POST": _heartbeat},
    "update_group_capacity_forecast": {"POST": _forecast},
}
STATUSES: Mapping[type[DomainError], int] = {
    UnsupportedVersion: 501,
    UnknownToken: 401,
    NotPermitted: 403,
    Missing: 404,
    Invalid: 400,
}


@csrf_exempt
def message(request: HttpRequest, action: str) -> HttpResponse:
    """One message of a peer. Nothing is told to who presents no token of ours."""
    began, at = monotonic(), timezone.now()
    token = token_in(request.headers.get("Authorization", ""))
    try:
        caller = caller_with(token, at)
    except UnknownToken as refusal:
        return _refused(refusal)
    response, body = _answered(request, action.rstrip("/"), caller)
    exchange = log.Exchange(
        dso_id=caller.dso_id, at=at, direction=Direction.IN, method=request.method or "",
        action=action, url=request.get_full_path(), request=body, secrets=(token,),
    )  # fmt: skip
    log.note(
        exchange,
        ms=round((monotonic() - began) * 1000),
        http=response.status_code,
        answer=response.content or None,
    )
    return response


def _answered(request: HttpRequest, action: str, caller: DsoToken) -> tuple[HttpResponse, Any]:
    """The answer, and what was read of the body."""
    body: Any = None
    try:
        answer = _found(request.method or "", action, caller)
        if answer is None:
            allowed = ", ".join(ACTIONS[action])
            return _told(NOT_ALLOWED, f"{action} takes {allowed}."), None
        if len(request.body) > LARGEST_BODY:
            return _told(TOO_LARGE, "The message is too large."), None
        body = _read(request)
        answer(caller, body, request.headers.get("X-Request-ID", "")[:LONGEST_ID])
    except (Invalid, Missing) as refusal:
        if caller.kind != TokenKind.INVITATION:
            reason = f"{action}: {refusal.text}"
            oscp.refuse(dso_id=caller.dso_id, reason=reason, now=timezone.now())
        return _refused(refusal), body
    except DomainError as refusal:
        return _refused(refusal), body
    return HttpResponse(status=NO_CONTENT), body


def _found(method: str, action: str, caller: DsoToken) -> Answer | None:
    """Token A opens the registration alone, and that of notifications nothing here."""
    if caller.kind == TokenKind.WEBHOOK or (
        caller.kind == TokenKind.INVITATION and action != "register"
    ):
        raise NotPermitted("Register first.")
    if action not in ACTIONS:
        raise UnknownAction
    return ACTIONS[action].get(method)


def _read(request: HttpRequest) -> Any:
    if request.method == "DELETE" and not request.body:
        return None
    try:
        return read_json(request.body)
    except Unreadable as fault:
        raise BadMessage(str(fault)) from fault


def _refused(refusal: DomainError) -> HttpResponse:
    status = next((STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES), 409)
    return _told(status, refusal.text)


def _told(status: int, text: str) -> HttpResponse:
    response = JsonResponse({"message": text}, status=status)
    if status == STATUSES[UnknownToken]:
        response["WWW-Authenticate"] = "Token"
    return response
