"""How we speak to a DSO: one request over the guarded egress, logged for people to read."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from cpms import egress
from cpms.egress import Answer, EgressFailed, EgressRefused
from dso import log
from dso.enums import Direction
from dso.errors import PeerFailed
from dso.models import Dso

OK = range(200, 300)
LOCKED_OUT = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `action` is its name in the log; `secrets` are blotted out there. `hosts` None:
    those of the DSO."""

    method: str
    url: str
    action: str
    authorization: str = field(default="", repr=False)
    body: Any = None
    form: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    hosts: Collection[str] | None = None


def send(dso: Dso, ask: Ask) -> Answer:
    """Whatever it answers. Raises EgressRefused or EgressFailed where there is no answer."""
    headers = {"Accept": "application/json", "X-Request-ID": str(uuid4()), **ask.headers}
    if ask.authorization:
        headers["Authorization"] = ask.authorization
    payload = ask.form
    if payload is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif ask.body is not None:
        headers["Content-Type"] = "application/json"
        payload = json.dumps(ask.body, allow_nan=False).encode()
    request = egress.Request(
        ask.method, ask.url, headers, payload, dso.hosts if ask.hosts is None else ask.hosts
    )
    exchange = log.Exchange(
        dso_id=dso.pk, at=timezone.now(), direction=Direction.OUT, method=ask.method,
        action=ask.action, url=ask.url, request=ask.form if ask.body is None else ask.body,
        secrets=(ask.authorization.partition(" ")[2], *ask.secrets),
    )  # fmt: skip
    return _logged(request, exchange)


def _logged(request: egress.Request, exchange: log.Exchange) -> Answer:
    if not connection.in_atomic_block:
        connection.close()  # the pool's, while we wait for the network
    began = monotonic()
    try:
        answer = egress.fetch(request)
    except (EgressRefused, EgressFailed) as failure:
        log.note(exchange, ms=_ms(began), error=failure.text)
        raise
    log.note(exchange, ms=_ms(began), http=answer.status, answer=answer.body)
    return answer


def taken(answer: Answer, what: str) -> Answer:
    """The answer when it is a success. Raises PeerFailed."""
    if answer.status not in OK:
        raise PeerFailed(f"{what} was answered with HTTP {answer.status}.")
    return answer


def json_in(answer: Answer, what: str) -> Any:
    """Raises PeerFailed for what is no JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as fault:
        raise PeerFailed(f"{what} was not answered with JSON.") from fault


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)
