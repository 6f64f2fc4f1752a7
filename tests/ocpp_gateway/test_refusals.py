"""What the door refuses is counted, and a flood of names stays small."""

import asyncio

import pytest

from ocpp_gateway import refusals
from ocpp_gateway.refusals import Refusals, identity_in
from stations.models import RefusedConnection


async def refuse(app, path, status=404, times=1):
    """Ask `app`, whose inner app answers each handshake with `status`."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"path": path, "raw_path": path.encode(), "client": ("192.0.2.1", 1), "answer": status}
    for _time in range(times):
        await app(scope, None, send)
    return sent


async def denying(scope, receive, send):
    await send({"type": "websocket.http.response.start", "status": scope["answer"], "headers": []})


async def counted(app):
    await app._task
    rows = RefusedConnection.objects.order_by("identity", "status")
    return [row async for row in rows.values_list("identity", "remote_address", "status", "count")]


@pytest.fixture
def app(transactional_db, monkeypatch):
    monkeypatch.setattr(refusals, "WRITTEN_AFTER_S", 0)
    return Refusals(denying)


async def test_refusals_are_counted_by_identity_and_reason(app):
    sent = await refuse(app, "/ocpp/CP001", 401, times=3)
    await refuse(app, "/ocpp/CP001", 400)
    await refuse(app, "/ocpp/CP001", 503)
    await refuse(app, "/ocpp/CP001", 429)

    assert await counted(app) == [("CP001", "192.0.2.1", 400, 1), ("CP001", "192.0.2.1", 401, 3)]
    assert [message["status"] for message in sent] == [401] * 3


async def test_a_flood_of_names_is_counted_under_none(app, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_AT_ONCE", 2)

    await asyncio.gather(*(refuse(app, f"/ocpp/CP{number}") for number in range(5)))

    assert await counted(app) == [
        ("", "", 404, 3), ("CP0", "192.0.2.1", 404, 1), ("CP1", "192.0.2.1", 404, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        (b"/ocpp/CP001?x=1", "CP001"),
        (b"/ocpp/%00%0ACP%20001", "CP 001"),
        (b"/ocpp/%FF", "\ufffd"),
        (b"/ocpp/" + b"A" * 60, "A" * 48),
    ],
)
def test_what_a_path_names_can_be_stored(path, identity):
    assert identity_in({"path": path.decode(), "raw_path": path}) == identity
