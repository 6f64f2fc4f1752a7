"""What an eMSP asks of its CPO by itself: to be let in, what there is, and to start and stop."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from cpms.simulation import ledger as ledgers
from cpms.simulation.clock import timestamp
from cpms.simulation.emsp import cpo
from cpms.simulation.emsp.cpo import CpoFailed, Reply, below
from cpms.simulation.emsp.drivers import Driver
from cpms.simulation.emsp.emsp import Emsp
from cpms.simulation.emsp.orders import Order, text_of
from cpms.simulation.emsp.wire import Json, routing

PULLED_MODULES = ("tariffs", "locations", "sessions", "cdrs")
RESERVED_FOR = timedelta(minutes=15)


async def register(emsp: Emsp, versions_url: str, token_a: str) -> None:
    """Register by an invitation (§7.1.1). Raises CpoFailed."""
    emsp.memory.versions_url = versions_url
    await _introduce(emsp, "POST", token_a)


async def renew(emsp: Emsp) -> None:
    """Tell the CPO where we are now and with which token it gets in, and take its new one
    (§7.2.2). Raises CpoFailed."""
    emsp.memory.rotate()
    emsp.keep()
    await _introduce(emsp, "PUT", emsp.memory.token_c)


async def _introduce(emsp: Emsp, method: str, token: str) -> None:
    memory = emsp.memory
    spoken = emsp.profile.versions
    memory.version, endpoints = await cpo.discover(memory.versions_url, token, spoken)
    answer = await cpo.told(method, endpoints["credentials"], token, emsp.credentials)
    memory.token_c, memory.endpoints, memory.url = answer["token"], endpoints, emsp.url
    emsp.keep()


async def pull(emsp: Emsp, page: int = 50) -> dict[str, int]:
    """Read every list of the CPO into the book, in pages of so many objects; returns how many
    there were. Raises CpoFailed."""
    counts = dict.fromkeys(PULLED_MODULES, 0)
    for module in PULLED_MODULES:
        async for body in read(emsp, module, page):
            counts[module] += 1
            emsp.book.learn(module, body)
    return counts


async def follow(emsp: Emsp) -> None:
    """Read the sessions that changed since the newest that is known: how far they have got is
    pushed only now and then. Raises CpoFailed."""
    known = (session["last_updated"] for session in emsp.book.sessions.values())
    async for body in read(emsp, "sessions", since=max(known, default="")):
        emsp.book.learn("sessions", body)


async def read(emsp: Emsp, module: str, page: int = 50, since: str = "") -> AsyncIterator[Json]:
    """The objects of one list of the CPO, as they come. Raises CpoFailed."""
    memory = emsp.memory
    query = {"limit": str(page)} | ({"date_from": since} if since else {})
    url = f"{memory.endpoints[module]}?{urlencode(query)}"
    async for body in cpo.every(url, memory.token_c, routing(emsp.profile.party, None)):
        yield body


async def tell_tokens(emsp: Emsp) -> None:
    """PUT the cards that the CPO shall know (§12.2.2.2). Raises CpoFailed."""
    party = emsp.profile.party
    for driver in emsp.drivers:
        if driver.is_told:
            url = below(emsp.memory.endpoints["tokens"], *party, driver.uid)
            await cpo.told(
                "PUT", url, emsp.memory.token_c, emsp.token(driver), routing(party, None)
            )


async def start(emsp: Emsp, driver: Driver, location: Json, evse_uid: str) -> Order:
    """START_SESSION for a driver."""
    body = {
        "token": emsp.token(driver),
        "location_id": location["id"],
        "evse_uid": evse_uid,
        "authorization_reference": f"APP-{uuid4().hex[:20]}",
    }
    return await _order(emsp, "START_SESSION", f"{driver.name} at {evse_uid}", location, body)


async def reserve(emsp: Emsp, driver: Driver, location: Json, evse_uid: str) -> Order:
    """RESERVE_NOW for a driver, for a quarter of an hour."""
    reservation_id = f"RSV-{uuid4().hex[:20]}"
    body = {
        "token": emsp.token(driver),
        "expiry_date": timestamp(datetime.now(UTC) + RESERVED_FOR),
        "reservation_id": reservation_id,
        "location_id": location["id"],
        "evse_uid": evse_uid,
        "authorization_reference": reservation_id,  # by which its Session tells it
    }
    return await _order(emsp, "RESERVE_NOW", f"{driver.name} at {evse_uid}", location, body)


async def cancel(emsp: Emsp, session: Json) -> Order:
    """CANCEL_RESERVATION of a Session that is one."""
    body = {"reservation_id": session["authorization_reference"]}
    return await _order(emsp, "CANCEL_RESERVATION", str(session.get("evse_uid")), session, body)


async def stop(emsp: Emsp, session: Json) -> Order:
    """STOP_SESSION of a session of ours."""
    body = {"session_id": session["id"]}
    return await _order(emsp, "STOP_SESSION", str(session.get("evse_uid")), session, body)


async def _order(emsp: Emsp, kind: str, subject: str, about: Json, body: Json) -> Order:
    """Give a command to the CPO that `about` is of; the result comes to `response_url`."""
    order = Order(kind, subject, datetime.now(UTC))
    emsp.orders.add(order)
    memory = emsp.memory
    body["response_url"] = f"{emsp.base(memory.version)}/results/{order.order_id}"
    receiver = (about["country_code"], about["party_id"])
    try:
        reply = await cpo.ask(
            "POST",
            below(memory.endpoints["commands"], kind),
            memory.token_c,
            body,
            routing(emsp.profile.party, receiver),
        )
    except (CpoFailed, KeyError) as failure:
        order.response, order.message = "NO_ANSWER", str(failure)
        return order
    _read_response(order, reply)
    return order


def _read_response(order: Order, reply: Reply) -> None:
    data = reply.data if isinstance(reply.data, dict) else {}
    order.response = str(data.get("result") or "REFUSED")
    order.message = text_of(data.get("message")) or ("" if reply.is_success else reply.summary)


def remember(emsp: Emsp, path: Path) -> None:
    """Bring the book to where it was when the ledger at `path` was last written, as far as the
    CPO's pushes made it."""
    for entry in ledgers.read(path) if path.exists() else ():
        emsp.judge(entry["method"], entry["module"], tuple(entry["path"]), entry["body"])
