"""The CPO as an eMSP reaches it: one OCPI request at a time, and the pages of a list."""

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from cpms.simulation.emsp.wire import Json, token_header

TIMEOUT_S = 20.0
NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


class CpoFailed(Exception):
    """The CPO does not answer, or not as it should; says how."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the CPO answered; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Json = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return self.status in range(200, 300) and self.body.get("status_code") == 1000  # noqa: PLR2004

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def summary(self) -> str:
        said = self.body.get("status_message", "")
        return f"HTTP {self.status}, {self.body.get('status_code')} {said}".strip()


async def ask(
    method: str, url: str, token: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """Send one request. Raises CpoFailed when there is no answer."""
    return await asyncio.to_thread(_ask, method, url, token, body, headers or {})


async def told(
    method: str, url: str, token: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Any:
    """The data of a successful answer. Raises CpoFailed."""
    reply = await ask(method, url, token, body, headers)
    if not reply.is_success:
        raise CpoFailed(f"{method} {url} was answered {reply.summary}")
    return reply.data


async def discover(
    versions_url: str, token: str, spoken: Sequence[str]
) -> tuple[str, dict[str, str]]:
    """The newest version that both speak (`spoken`: ours, oldest first), and the CPO's endpoints
    in it by module. Raises CpoFailed."""
    versions = await told("GET", versions_url, token)
    urls = {entry["version"]: entry["url"] for entry in versions}
    shared = [version for version in spoken if version in urls]
    if not shared:
        raise CpoFailed(f"The CPO speaks {', '.join(urls)}, not {', '.join(spoken)}.")
    details = await told("GET", urls[shared[-1]], token)
    return shared[-1], {entry["identifier"]: entry["url"] for entry in details["endpoints"]}


async def every(first: str, token: str, headers: Mapping[str, str]) -> AsyncIterator[Json]:
    """All objects of a list from its first page on, page after page as the links say. Raises
    CpoFailed."""
    url: str | None = first
    while url is not None:
        reply = await ask("GET", url, token, None, headers)
        if not reply.is_success or not isinstance(reply.data, list):
            raise CpoFailed(f"GET {url} was answered {reply.summary}")
        for entry in reply.data:
            yield entry
        link = NEXT.search(reply.headers.get("link", ""))
        url = link.group(1) if link else None


def below(endpoint: str, *parts: str) -> str:
    """The URL of what is below an endpoint, joined by single slashes."""
    return "/".join([endpoint.rstrip("/"), *(quote(part, safe="") for part in parts)])


def _ask(method: str, url: str, token: str, body: Any, headers: Mapping[str, str]) -> Reply:
    target = urlsplit(url)
    kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    sent = {
        "Authorization": token_header(token),
        "X-Request-ID": str(uuid4()),
        "X-Correlation-ID": str(uuid4()),
        **headers,
    }
    payload = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        payload = json.dumps(body).encode()
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    try:
        link = kind[target.scheme](target.hostname or "", target.port, timeout=TIMEOUT_S)
        try:
            link.request(method, path, payload, sent)
            response = link.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            answer = json.loads(response.read() or b"{}")
        finally:
            link.close()
    except (OSError, KeyError, ValueError, http.client.HTTPException) as fault:
        raise CpoFailed(f"{method} {url}: {type(fault).__name__} {fault}") from fault
    return Reply(response.status, found, answer if isinstance(answer, dict) else {})
