"""A VTN of OpenADR 3.1 with one program: limits and prices of the day, what is subscribed to,
and what holds without it."""

import asyncio
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from cpms.simulation.dso import course
from cpms.simulation.dso.wire import Json, PeerFailed, answer, ask, text
from cpms.simulation.emsp.wire import Answer, Request

EACH_S = 300.0
PROGRAM = "0"
FOR_EVER = "P9999Y"
BEGINNING = "0001-01-01T00:00:00Z"


class Vtn:
    """Its client's id and secret are fixed; `target` is whom events are for."""

    client_id, client_secret = "demo-ven", "demo-ven-secret"

    def __init__(self, target: str, full_kw: float) -> None:
        self.target, self.full_kw, self.url = target, full_kw, ""
        self._token = secrets.token_urlsafe(24)
        self._born = text(datetime.now(UTC))
        self.subscriptions: list[Json] = []
        self.reports: list[Json] = []
        self.events: list[Json] = []

    async def answer(self, request: Request, what: tuple[str, ...]) -> Answer:
        if what == ("auth", "server"):
            return answer({"tokenURL": f"{self.url}/auth/token"})
        if what == ("auth", "token"):
            return self._log_in(request)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _problem(HTTPStatus.FORBIDDEN)
        if what[:1] == ("subscriptions",) and len(what) == 2:  # noqa: PLR2004 -- with an id
            return self._subscription(request.method, what[1])
        return self._of_kind(request, what)

    def _of_kind(self, request: Request, what: tuple[str, ...]) -> Answer:
        match request.method, what:
            case "GET", ("programs",):
                return _page(request, [self._program()])
            case "GET", ("events",):
                return _page(request, self.events)
            case "POST", (("reports" | "subscriptions") as kind,):
                return self._keep(getattr(self, kind), request)
        return _problem(HTTPStatus.NOT_FOUND)

    def _subscription(self, method: str, number: str) -> Answer:
        known = [one for one in self.subscriptions if one["id"] == number]
        if not known:
            return _problem(HTTPStatus.NOT_FOUND)
        if method == "DELETE":
            self.subscriptions.remove(known[0])
        return answer(known[0])

    async def live(self) -> None:
        """Plan anew every few minutes, and say so."""
        while True:
            self.plan(datetime.now(UTC))
            await self._notify()
            await asyncio.sleep(EACH_S)

    def plan(self, now: datetime) -> None:
        """The events of the next day."""
        steps = course.steps(now)
        limits = [{"IMPORT_CAPACITY_LIMIT": course.limit_kw(self.full_kw, at)} for at in steps]
        prices = [{"PRICE": course.price_kwh(at)} for at in steps]
        safe = [{"IMPORT_CAPACITY_LIMIT": round(self.full_kw * 0.3, 1)}]
        subscribed = [{"IMPORT_CAPACITY_SUBSCRIPTION": self.full_kw}]
        self.events = [
            self._event("0", "day limits", limits, text(steps[0]), "PT15M", now),
            self._event("1", "day prices", prices, text(steps[0]), "PT15M", now),
            self._event("2", "safe mode", safe, BEGINNING, FOR_EVER, None),
            self._event("3", "subscription", subscribed, BEGINNING, FOR_EVER, None),
        ]

    def _event(
        self, number: str, name: str, steps: list[Json], start: str, length: str, now: Any
    ) -> Json:
        (kind,) = steps[0]
        descriptor = {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": kind}
        descriptor |= {"units": "KWH", "currency": "EUR"} if kind == "PRICE" else {"units": "KW"}
        return {
            "id": number,
            "objectType": "EVENT",
            "createdDateTime": self._born,
            "modificationDateTime": text(now) if now else self._born,
            "programID": PROGRAM,
            "eventName": name,
            "targets": [self.target],
            "payloadDescriptors": [descriptor],
            "reportDescriptors": [{"payloadType": "DEMAND"}] if number == "0" else None,
            "intervalPeriod": {"start": start, "duration": length},
            "intervals": [
                {"id": n, "payloads": [{"type": kind, "values": [step[kind]]}]}
                for n, step in enumerate(steps)
            ],
        }

    def _program(self) -> Json:
        return {
            "id": PROGRAM,
            "objectType": "PROGRAM",
            "createdDateTime": self._born,
            "modificationDateTime": self._born,
            "programName": "demo grid",
        }

    def _log_in(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client_id, self.client_secret,
        ):  # fmt: skip
            return answer({"error": "invalid_client"}, HTTPStatus.UNAUTHORIZED)
        return answer({"access_token": self._token, "token_type": "Bearer", "expires_in": 3600})

    def _keep(self, kept: list[Json], request: Request) -> Answer:
        try:
            body = request.json()
        except ValueError:
            return _problem(HTTPStatus.BAD_REQUEST)
        made = {**body, "id": str(len(kept))}
        kept[:] = [*kept[-100:], made]
        return answer(made, HTTPStatus.CREATED)

    async def _notify(self) -> None:
        for one in self.subscriptions:
            operation = one["objectOperations"][0]
            body = {"objectType": "EVENT", "operation": "UPDATE", "object": self.events[0]}
            try:
                await ask(
                    "POST", operation["callbackUrl"], f"Bearer {operation['bearerToken']}", body
                )
            except PeerFailed:
                continue  # it reads by the clock too


def _page(request: Request, items: list[Json]) -> Answer:
    first, size = int(request.query.get("skip", "0")), int(request.query.get("limit", "50"))
    return answer(items[first : first + size])


def _problem(status: HTTPStatus) -> Answer:
    return answer({"title": status.phrase, "status": int(status)}, status)
