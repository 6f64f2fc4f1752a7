"""An exchange with a partner as it is logged: bounded, and without what opens a door."""

import base64
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

BLOT = "•••"
SECRET_NAME = re.compile(
    r"(^|[_-])(token(_[abc])?|authorization|password|secret|api_?key)$", re.IGNORECASE
)
SECRET_IN_TEXT = re.compile(
    r'("[\w-]*(?:token|authorization|password|secret)"\s*:\s*")[^"]+', re.IGNORECASE
)
SECRET_IN_QUERY = re.compile(
    r"([?&][\w-]*(?:token|auth|password|secret|key)[\w-]*=)[^&#]+", re.IGNORECASE
)
SHORTEST_SECRET = 6  # a shorter text would be blotted out everywhere

MOST_ITEMS, LONGEST_STRING, LONGEST_BODY, LONGEST_URL = 20, 1_000, 16_000, 500
MOST_BYTES = 65_536  # of a body, that anything is made of
MODULES = (
    "versions", "credentials", "locations", "sessions", "cdrs", "tariffs", "tokens", "commands",
    "chargingprofiles", "hubclientinfo", "bookings",
)  # fmt: skip
Json = Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it, as it happened. Bodies are JSON values or bytes; `secrets`
    are the tokens that were used. `http` is empty where nobody answered; `error` says why."""

    at: datetime
    partner_id: int | None
    direction: str
    method: str
    url: str
    ms: int
    request: Json = field(default=None, repr=False)
    answer: Json = field(default=None, repr=False)
    http: int | None = None
    code: int | None = None
    error: str = ""
    module: str = ""
    request_id: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """The texts of an exchange that are kept."""

    url: str
    module: str
    request: str
    answer: str
    error: str


def written(exchange: Exchange) -> Written:
    """The exchange for people to read: no secret is left, nothing is longer than it may be."""
    request, answer = _loaded(exchange.request), _loaded(exchange.answer)
    blots = {
        form
        for secret in {*exchange.secrets, *_secrets_in(request), *_secrets_in(answer)}
        if len(secret) >= SHORTEST_SECRET
        for form in _forms_of(secret)
    }
    url = SECRET_IN_QUERY.sub(rf"\g<1>{BLOT}", _blotted(exchange.url, blots))
    return Written(
        url=url[:LONGEST_URL],
        module=exchange.module or module_of(exchange.url),
        request=_text(request, blots),
        answer=_text(answer, blots),
        error=_blotted(exchange.error, blots)[:255],
    )


def module_of(url: str) -> str:
    """The module that a URL seems to be of; the versions endpoint where it names none."""
    try:
        parts = urlsplit(url).path.lower().split("/")
    except ValueError:
        return ""
    return next((part for part in parts if part in MODULES), "")


def with_short_list(body: Json) -> Json:
    """An envelope with the first objects of its list, and how many more there were."""
    if isinstance(body, dict) and isinstance(body.get("data"), list):
        return {**body, "data": _first(body["data"])}
    return body


def _first(items: list[Json]) -> list[Json]:
    more = len(items) - MOST_ITEMS
    return items if more <= 0 else [*items[:MOST_ITEMS], f"… and {more} more"]


def _loaded(body: Json) -> Json:
    """A body as a JSON value; as text where it is none."""
    if not isinstance(body, bytes):
        return body
    if len(body) <= MOST_BYTES:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass
    return body[:MOST_BYTES].decode(errors="replace")


def _secrets_in(body: Json) -> Iterator[str]:
    """What stands under a name that says it is secret: the token of credentials, not that of a
    command, which is an object."""
    if isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, str) and SECRET_NAME.search(str(name)):
                yield value
            else:
                yield from _secrets_in(value)
    elif isinstance(body, list):
        for item in body:
            yield from _secrets_in(item)


def _forms_of(secret: str) -> Iterator[str]:
    yield secret
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def _text(body: Json, blots: Collection[str]) -> str:
    if body is None:
        return ""
    if isinstance(body, str):
        text = SECRET_IN_TEXT.sub(rf"\g<1>{BLOT}", _blotted(body, blots))
    else:
        text = json.dumps(_clean(body, blots), ensure_ascii=False, default=str)
    if len(text) <= LONGEST_BODY:
        return text
    return f"{text[:LONGEST_BODY]} … and {len(text) - LONGEST_BODY} more characters"


def _clean(body: Json, blots: Collection[str]) -> Json:
    if isinstance(body, dict):
        return {
            _blotted(str(name), blots): BLOT
            if isinstance(value, str) and SECRET_NAME.search(str(name))
            else _clean(value, blots)
            for name, value in body.items()
        }
    if isinstance(body, list):
        return [_clean(item, blots) for item in _first(body)]
    if isinstance(body, str):
        return _blotted(body, blots)[:LONGEST_STRING]
    return body


def _blotted(text: str, blots: Collection[str]) -> str:
    for blot in sorted(blots, key=len, reverse=True):
        text = text.replace(blot, BLOT)
    return text.replace("\0", "").encode(errors="replace").decode()
