"""An exchange with a partner as it is logged: bounded, and without what opens a door."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cpms.kernel.blotting import BLOT, blots_of, blotted, first, loaded, readable, readable_url

MODULES = (
    "versions", "credentials", "locations", "sessions", "cdrs", "tariffs", "tokens", "commands",
    "chargingprofiles", "hubclientinfo", "bookings",
)  # fmt: skip
LONGEST_ERROR = 255
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
    request, answer = loaded(exchange.request), loaded(exchange.answer)
    blots = blots_of(exchange.secrets, request, answer)
    return Written(
        url=readable_url(exchange.url, blots),
        module=exchange.module or module_of(exchange.url),
        request=readable(request, blots),
        answer=readable(answer, blots),
        error=blotted(exchange.error, blots)[:LONGEST_ERROR],
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
        return {**body, "data": first(body["data"])}
    return body


__all__ = ["BLOT", "MODULES", "Exchange", "Written", "module_of", "with_short_list", "written"]
