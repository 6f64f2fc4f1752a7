"""How we speak to partners: one OCPI request over the guarded egress, its envelope read with
lenience (2.2.1 §4.1)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any
from uuid import uuid4

from django.utils import timezone

from cpms import egress
from cpms.egress import EgressFailed, EgressRefused
from cpms.kernel.documents import Unreadable, read_json
from cpms.kernel.errors import Unavailable
from ocpi import journal
from ocpi.domain.bodies import single
from ocpi.domain.credentials import header_of
from ocpi.domain.exchanges import Exchange
from ocpi.domain.replies import LOCKED_OUT, Reply
from ocpi.enums import Direction


@dataclass(frozen=True, slots=True)
class Access:
    """With what, and to whom, we may speak: a token in an encoding (none: without one); the
    hosts it may go to (None: any public one); which partner it is, for the log."""

    token: str = field(repr=False)
    encoding: str
    hosts: Collection[str] | None
    partner_id: int | None = None


class NoAccess(Unavailable):
    """There is nothing to let ourselves in with."""

    code, message = "no_access", "We have no token of this partner's that we can read."


def ask_with_any(
    accesses: Sequence[Access],
    method: str,
    url: str,
    *,
    total_s: float = egress.TOTAL_S,
    **more: Any,
) -> Reply:
    """Ask with the first token that opens, all within `total_s`. Raises what `ask` raises, and
    NoAccess."""
    until, reply = monotonic() + total_s, None
    for index, access in enumerate(accesses):
        reply = ask(access, method, url, total_s=max(until - monotonic(), 0.0), **more)
        if reply.http not in LOCKED_OUT:
            return replace(reply, opened_with=index)
    if reply is None:
        raise NoAccess
    return replace(reply, opened_with=len(accesses))


def ask(  # noqa: PLR0913 -- one call for every request, by keyword
    access: Access,
    method: str,
    url: str,
    *,
    body: Any = None,
    routing: Mapping[str, str] | None = None,
    correlation_id: str | None = None,
    total_s: float = egress.TOTAL_S,
    module: str = "",
) -> Reply:
    """Send one request and log it; `module`, where the URL does not name it. Raises
    EgressRefused or EgressFailed where there is no answer."""
    headers = {
        "X-Request-ID": str(uuid4()),
        "X-Correlation-ID": correlation_id or str(uuid4()),
        "Accept": "application/json",
        **(routing or {}),
    }
    if access.token:
        headers["Authorization"] = header_of(access.token, access.encoding)
    payload = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        payload = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    exchange = Exchange(
        at=timezone.now(),
        partner_id=access.partner_id,
        direction=Direction.OUT,
        method=method,
        url=url,
        ms=0,
        request=body,
        module=module,
        request_id=headers["X-Request-ID"],
        secrets=(access.token,),
    )
    request = egress.Request(method, url, headers, payload, access.hosts, total_s)
    return _answered(request, exchange)


def _answered(request: egress.Request, exchange: Exchange) -> Reply:
    """The reply, or the failure, both logged."""
    began = monotonic()
    try:
        answer = egress.fetch(request)
    except (EgressRefused, EgressFailed) as failure:
        journal.note(replace(exchange, ms=_ms(began), error=failure.text))
        raise
    reply = read(answer)
    journal.note(
        replace(exchange, ms=_ms(began), answer=answer.body, http=reply.http, code=reply.code)
    )
    return reply


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)


def read(answer: egress.Answer) -> Reply:
    """An HTTP answer as an OCPI one. What is no JSON that we would take from anybody, because it
    is nested without end or holds what cannot be stored, is no envelope."""
    try:
        envelope = read_json(answer.body)
    except Unreadable:
        return Reply(answer.status, None, headers=answer.headers)
    code = envelope.get("status_code") if isinstance(envelope, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return Reply(answer.status, None, headers=answer.headers)
    message = envelope.get("status_message")
    return Reply(
        answer.status,
        code,
        message if isinstance(message, str) else "",
        envelope.get("data"),
        answer.headers,
    )


def routing_headers(sender: tuple[str, str], receiver: tuple[str, str] | None) -> dict[str, str]:
    """Who sends to whom (§4.3); not for versions and credentials."""
    headers = {"OCPI-from-country-code": sender[0], "OCPI-from-party-id": sender[1]}
    if receiver is not None:
        headers |= {"OCPI-to-country-code": receiver[0], "OCPI-to-party-id": receiver[1]}
    return headers


__all__ = [
    "Access",
    "EgressFailed",
    "EgressRefused",
    "NoAccess",
    "Reply",
    "ask",
    "ask_with_any",
    "read",
    "routing_headers",
    "single",
]
