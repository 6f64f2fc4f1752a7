"""Requests and answers as OCPI writes them (2.2.1 §4.1): tokens, envelopes, routing headers."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from cpms.simulation.clock import timestamp

Json = dict[str, Any]
PartyKey = tuple[str, str]

SUCCESS, CLIENT_ERROR, INVALID, UNKNOWN_LOCATION, UNKNOWN_TOKEN = 1000, 2000, 2001, 2003, 2004
SERVER_ERROR = 3000
ECHOED = ("x-request-id", "x-correlation-id")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case. `body` is what came, as bytes."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body. Raises ValueError for what is no JSON."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def envelope(
    data: Any = None, *, http: int = HTTPStatus.OK, code: int = SUCCESS, message: str = ""
) -> Answer:
    """An OCPI answer; without data the envelope has none."""
    body: Json = {"status_code": code, "timestamp": timestamp(datetime.now(UTC))}
    if message:
        body["status_message"] = message
    if data is not None:
        body["data"] = data
    return Answer(http, json.dumps(body).encode())


def token_header(token: str) -> str:
    return f"Token {base64.b64encode(token.encode()).decode()}"


def token_in(header: str) -> str:
    """The credentials token of an Authorization header; empty for what holds none."""
    scheme, _, text = header.partition(" ")
    try:
        token = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return token if scheme == "Token" else ""


def routing(sender: PartyKey, receiver: PartyKey | None) -> dict[str, str]:
    """Who speaks to whom (§4.3)."""
    headers = {"OCPI-from-country-code": sender[0], "OCPI-from-party-id": sender[1]}
    if receiver is not None:
        headers |= {"OCPI-to-country-code": receiver[0], "OCPI-to-party-id": receiver[1]}
    return headers


def instant(text: Any) -> datetime | None:
    """An OCPI DateTime; None for what is none. Without Z it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
