"""The eMSP itself: who it is, what it knows, and how it answers a CPO.

`answer` is the whole of its OCPI server; `cpms.simulation.emsp.dealing` is what it asks of the
CPO by itself.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random
from typing import Any
from uuid import uuid4

from cpms.simulation.emsp.book import TAKEN, Book, Verdict
from cpms.simulation.emsp.drivers import DRIVERS, Driver, authorization
from cpms.simulation.emsp.manners import Manners, Mood
from cpms.simulation.emsp.memory import Memory
from cpms.simulation.emsp.orders import Orders
from cpms.simulation.emsp.wire import (
    CLIENT_ERROR,
    ECHOED,
    INVALID,
    SERVER_ERROR,
    UNKNOWN_LOCATION,
    UNKNOWN_TOKEN,
    Answer,
    Json,
    PartyKey,
    Request,
    envelope,
    token_in,
)
from cpms.simulation.ledger import Ledger

SPOKEN = ("2.2.1", "2.3.0")  # oldest first
RECEIVED = "received"
RECENT = 30
RECEIVERS = ("cdrs", "locations", "sessions", "tariffs")
OFFERED = (
    ("credentials", "SENDER"),
    *((module, "RECEIVER") for module in RECEIVERS),
    ("commands", "SENDER"),
    ("tokens", "SENDER"),
)
HANG_S = 3600.0
PAGE = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the eMSP is, and which versions of OCPI it speaks, the oldest first."""

    name: str = "Demo eMSP"
    party: PartyKey = ("NL", "DEM")
    versions: tuple[str, ...] = SPOKEN


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the CPO, for people."""

    at: datetime
    what: str
    outcome: str


@dataclass(slots=True)
class Emsp:
    """One party on one platform. All of it lives in one event loop."""

    profile: Profile = field(default_factory=Profile)
    drivers: Sequence[Driver] = DRIVERS
    memory: Memory = field(default_factory=Memory)
    ledger: Ledger | None = None
    manners: Manners = field(default_factory=lambda: Manners(Random(1)))  # noqa: S311 -- chance
    book: Book = field(default_factory=Book)
    orders: Orders = field(default_factory=Orders)
    heard: deque[Heard] = field(default_factory=lambda: deque(maxlen=RECENT))
    tally: Counter[str] = field(default_factory=Counter)
    keep: Callable[[], None] = lambda: None  # writes the memory down
    url: str = ""

    @property
    def credentials(self) -> Json:
        """Ours for the CPO (§7.3.1)."""
        role = {
            "role": "EMSP",
            "country_code": self.profile.party[0],
            "party_id": self.profile.party[1],
            "business_details": {"name": self.profile.name},
        }
        return {
            "token": self.memory.token_b,
            "url": f"{self.url}/ocpi/versions",
            "roles": [role],
        }

    def driver(self, uid: str) -> Driver | None:
        return next((one for one in self.drivers if one.uid.casefold() == uid.casefold()), None)

    def token(self, driver: Driver) -> Json:
        return driver.token(self.profile.party, self.profile.name)

    async def answer(self, request: Request) -> Answer | None:
        """Answer a request below `/ocpi/`; None: hang up."""
        token = token_in(request.headers.get("authorization", ""))
        if not self.memory.is_for_us(token):
            return envelope(http=HTTPStatus.UNAUTHORIZED, code=CLIENT_ERROR, message="Who is it?")
        answer = await self._answered(request)
        if answer is None:
            return None
        echoed = {name: request.headers[name] for name in ECHOED if name in request.headers}
        return Answer(answer.status, answer.body, answer.kind, {**answer.headers, **echoed})

    async def _answered(self, request: Request) -> Answer | None:
        match request.method, request.path[1:]:
            case "GET", ("versions",):
                spoken = self.profile.versions
                return envelope([{"version": one, "url": self.base(one)} for one in spoken])
            case "GET", (version,) if version in self.profile.versions:
                return envelope({"version": version, "endpoints": self._endpoints(version)})
            case method, (version, "credentials") if version in self.profile.versions:
                return self._credentials(method, request)
            case method, (version, module, *path) if version in self.profile.versions:
                return await self._module(method, module, tuple(path), request)
        return envelope(http=HTTPStatus.NOT_FOUND, code=CLIENT_ERROR, message="Nothing is here.")

    def base(self, version: str) -> str:
        """Above the modules of a version."""
        return f"{self.url}/ocpi/{version}"

    def _endpoints(self, version: str) -> list[Json]:
        return [
            {"identifier": module, "role": role, "url": f"{self.base(version)}/{module}"}
            for module, role in OFFERED
        ]

    def _credentials(self, method: str, request: Request) -> Answer:
        """The CPO renews its credentials, reads ours, or leaves (§7.2)."""
        match method:
            case "GET":
                return envelope(self.credentials)
            case "PUT":
                body = _json(request)
                if not isinstance(body, dict) or not isinstance(body.get("token"), str):
                    return envelope(code=INVALID, message="These are no credentials.")
                self.memory.token_c = body["token"]
                self.memory.versions_url = str(body.get("url") or self.memory.versions_url)
                self.memory.rotate()
                self.keep()
                return envelope(self.credentials)
            case "DELETE":
                self.memory.token_c = ""
                self.keep()
                return envelope()
        return envelope(http=HTTPStatus.METHOD_NOT_ALLOWED, code=CLIENT_ERROR)

    async def _module(
        self, method: str, module: str, path: tuple[str, ...], request: Request
    ) -> Answer | None:
        """A functional module, in the mood of the moment."""
        mood = self.manners.now()
        what = " ".join([method, "/".join((module, *path))])
        if mood in (Mood.ERROR, Mood.REJECT, Mood.HANG):
            self.note(what, str(mood))
            return await _misbehave(mood)
        body = _json(request)
        if body is BROKEN:
            return envelope(http=HTTPStatus.BAD_REQUEST, code=CLIENT_ERROR, message="No JSON.")
        if module in RECEIVERS:
            answer = await self._take(method, module, path, body)
        else:
            answer = await self._serve(method, module, path, request)
        if mood is Mood.DROP:
            self.note(what, str(mood))
            return None
        return answer

    async def _take(self, method: str, module: str, path: tuple[str, ...], body: Any) -> Answer:
        """A receiver interface: take it, write it down, and only then say so."""
        if method == "GET":
            found = self.book.find(module, path)
            return _unknown(module) if found is None else envelope(found)
        verdict = self.judge(method, module, path, body)
        if verdict is None:
            return envelope(http=HTTPStatus.METHOD_NOT_ALLOWED, code=CLIENT_ERROR)
        self.note(f"{method} {'/'.join((module, *path))}", str(verdict))
        if self.ledger is not None:
            self.ledger.note(
                RECEIVED,
                method=method,
                module=module,
                path=list(path),
                body=body,
                verdict=str(verdict),
            )
            await self.ledger.durable()
        return self._said(verdict, module, body)

    def judge(self, method: str, module: str, path: tuple[str, ...], body: Any) -> Verdict | None:
        """Take what we were told into the book; None for a method that the module lacks."""
        match method:
            case "POST" if module == "cdrs" and not path:
                return self.book.learn(module, body)
            case "PUT" if module != "cdrs" and len(path) >= 3:  # noqa: PLR2004 -- country, party, id
                return self.book.put(module, path, body)
            case "PATCH" if module != "cdrs" and len(path) >= 3:  # noqa: PLR2004
                return self.book.patch(module, path, body)
            case "DELETE" if module == "tariffs" and len(path) == 3:  # noqa: PLR2004
                return self.book.remove(module, path)
        return None

    def _said(self, verdict: Verdict, module: str, body: Any) -> Answer:
        if verdict is Verdict.LACKING:
            return _unknown(module)
        if verdict not in TAKEN:
            return envelope(code=INVALID, message="This is not the object of its URL.")
        answer = envelope(http=HTTPStatus.CREATED if verdict is Verdict.NEW else HTTPStatus.OK)
        if module != "cdrs":
            return answer
        where = f"{self.base(self.memory.version)}/cdrs/"
        key = "/".join(str(body[name]) for name in ("country_code", "party_id", "id"))
        return Answer(answer.status, answer.body, headers={"Location": where + key})

    async def _serve(
        self, method: str, module: str, path: tuple[str, ...], request: Request
    ) -> Answer:
        """The sender interface of tokens, and the place where results of commands come in."""
        match method, module, path:
            case "GET", "tokens", ():
                return self._tokens(request)
            case "POST", "tokens", (uid, "authorize"):
                return self._authorize(uid, _json(request))
            case "POST", "results", (order_id,):
                known = self.orders.settle(order_id, _json(request))
                self.note("POST result", "taken" if known else "lacking")
                return envelope() if known else _unknown(module)
        return envelope(http=HTTPStatus.NOT_FOUND, code=CLIENT_ERROR, message="Nothing is here.")

    def _tokens(self, request: Request) -> Answer:
        """The list of tokens (§12.2.1.1), in pages."""
        told = [self.token(driver) for driver in self.drivers if driver.is_told]
        try:
            offset = int(request.query.get("offset", "0"))
            limit = min(int(request.query.get("limit", PAGE)), PAGE)
        except ValueError:
            return envelope(code=INVALID, message="offset, limit: whole numbers")
        answer = envelope(told[offset : offset + limit])
        headers = {"X-Total-Count": str(len(told)), "X-Limit": str(limit)}
        if offset + limit < len(told):
            base = f"{self.base(request.path[1])}/tokens"
            headers["Link"] = f'<{base}?offset={offset + limit}&limit={limit}>; rel="next"'
        return Answer(answer.status, answer.body, headers=headers)

    def _authorize(self, uid: str, location: Any) -> Answer:
        """Real-time authorisation (§12.2.1.2)."""
        driver = self.driver(uid)
        self.note(f"POST authorize {uid}", driver.allowed if driver else "unknown")
        if driver is None:
            message = "This card is none of ours."
            return envelope(http=HTTPStatus.NOT_FOUND, code=UNKNOWN_TOKEN, message=message)
        reference = f"RTA-{uuid4().hex[:20]}"
        return envelope(authorization(driver, self.token(driver), location, reference))

    def note(self, what: str, outcome: str) -> None:
        """Remember a message for people."""
        self.tally[outcome] += 1
        self.heard.appendleft(Heard(datetime.now(UTC), what, outcome))


BROKEN: Any = object()


def _json(request: Request) -> Any:
    try:
        return request.json()
    except ValueError:
        return BROKEN


def _unknown(module: str) -> Answer:
    code = UNKNOWN_LOCATION if module == "locations" else CLIENT_ERROR
    return envelope(http=HTTPStatus.NOT_FOUND, code=code, message="We do not know it.")


async def _misbehave(mood: Mood) -> Answer | None:
    if mood is Mood.HANG:
        await asyncio.sleep(HANG_S)
        return None
    if mood is Mood.REJECT:
        return envelope(code=INVALID, message="We do not like it.")
    return envelope(
        http=HTTPStatus.INTERNAL_SERVER_ERROR, code=SERVER_ERROR, message="Something broke."
    )
