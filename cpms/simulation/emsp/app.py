"""The eMSP's two doors: `/ocpi/` for its CPO, everything else for people with a browser."""

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cpms.simulation.emsp import dealing, page
from cpms.simulation.emsp.emsp import Emsp
from cpms.simulation.emsp.manners import Mood
from cpms.simulation.emsp.orders import Order
from cpms.simulation.emsp.wire import Answer, Json, Request

ASSETS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class App:
    """Answers whatever comes to the eMSP's port."""

    def __init__(self, emsp: Emsp) -> None:
        self._emsp = emsp
        self._errands: set[asyncio.Task[Order]] = set()

    async def __call__(self, request: Request) -> Answer | None:
        if request.path[:1] == ("ocpi",):
            return await self._emsp.answer(request)
        answer = self._shown(request)
        return Answer(answer.status, answer.body, answer.kind, {**SECURITY, **answer.headers})

    def _shown(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", ():
                return _html(page.whole(self._emsp))
            case "GET", ("news",):
                return _html(page.news(self._emsp))
            case "GET", (name,) if name in ASSETS:
                text = (Path(__file__).parent / "assets" / name).read_bytes()
                return Answer(HTTPStatus.OK, text, ASSETS[name])
            case "POST", ("orders" | "manners" as what, *rest):
                if not _is_from_here(request):
                    return _plain(HTTPStatus.FORBIDDEN, "This form is from another site.")
                form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
                return self._carry_out(what, rest, form)
        return _plain(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _carry_out(self, what: str, rest: list[str], form: dict[str, str]) -> Answer:
        """Give an order, or behave otherwise from now on; back to the page either way."""
        if what == "manners":
            try:
                self._emsp.manners.mood = Mood(form.get("mood", ""))
            except ValueError:
                return _plain(HTTPStatus.BAD_REQUEST, "There is no such mood.")
        elif not self._order(rest, form):
            return _plain(HTTPStatus.BAD_REQUEST, "There is no such driver, EVSE or session.")
        return Answer(HTTPStatus.SEE_OTHER, headers={"Location": "/"})

    def _order(self, rest: list[str], form: dict[str, str]) -> bool:
        emsp = self._emsp
        if rest == ["stop"]:
            wanted = form.get("session")
            session = next((s for s in emsp.book.sessions.values() if s["id"] == wanted), None)
            if session is None:
                return False
            end = dealing.cancel if page.is_reservation(session) else dealing.stop
            return self._send(end(emsp, session))
        driver, place = emsp.driver(form.get("driver", "")), self._place(form.get("evse", ""))
        if driver is None or place is None or rest not in (["start"], ["reserve"]):
            return False
        give = dealing.start if rest == ["start"] else dealing.reserve
        return self._send(give(emsp, driver, place, form["evse"]))

    def _send(self, errand: Coroutine[Any, Any, Order]) -> bool:
        """Do it beside: the page shows how it goes."""
        task: asyncio.Task[Order] = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return True

    def _place(self, evse_uid: str) -> Json | None:
        """The location that has this EVSE."""
        for location in self._emsp.book.locations.values():
            if any(evse["uid"] == evse_uid for evse in location.get("evses", [])):
                return location
        return None


def _is_from_here(request: Request) -> bool:
    """Whether a form comes from this page: browsers say so themselves."""
    origin = request.headers.get("origin", "")
    return origin in ("", f"http://{request.headers.get('host', '')}")


def _html(text: str) -> Answer:
    return Answer(HTTPStatus.OK, text.encode(), "text/html; charset=utf-8")


def _plain(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, text.encode(), "text/plain; charset=utf-8")
