"""How simulated grid operators write times and send requests."""

import asyncio
import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cpms.simulation.emsp.wire import Answer

TIMEOUT_S = 20.0
Json = dict[str, Any]


class PeerFailed(Exception):
    """The CPMS does not answer, or not as it should; says how."""


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(body: Any = None, status: int = HTTPStatus.OK) -> Answer:
    if body is None:
        return Answer(HTTPStatus.NO_CONTENT)
    return Answer(status, json.dumps(body).encode())


async def ask(
    method: str, url: str, authorization: str, body: Any, headers: Mapping[str, str] | None = None
) -> int:
    """Send JSON; returns the status. Raises PeerFailed when there is no success."""
    status = await asyncio.to_thread(_ask, method, url, authorization, body, headers or {})
    if status not in range(200, 300):
        raise PeerFailed(f"{method} {url} was answered with HTTP {status}")
    return status


def _ask(method: str, url: str, authorization: str, body: Any, headers: Mapping[str, str]) -> int:
    target = urlsplit(url)
    sent = {
        "Authorization": authorization,
        "X-Request-ID": str(uuid4()),
        "Content-Type": "application/json",
        **headers,
    }
    kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    try:
        link = kind[target.scheme](target.hostname or "", target.port, timeout=TIMEOUT_S)
        try:
            link.request(method, target.path or "/", json.dumps(body).encode(), sent)
            with link.getresponse() as response:
                response.read()
                return int(response.status)
        finally:
            link.close()
    except (OSError, KeyError, http.client.HTTPException) as fault:
        raise PeerFailed(f"{method} {url}: {type(fault).__name__} {fault}") from fault
