"""What the door refuses is counted, and a flood of names stays small."""

import pytest

from ocpp_gateway import refusals
from ocpp_gateway.refusals import Refusals, identity_in
from stations.models import RefusedConnection


def refuse(door, path, status=404, times=1):
    scope = {"path": path, "raw_path": path.encode(), "client": ("192.0.2.1", 1)}
    for _time in range(times):
        door.note(scope, status)


async def counted(door):
    await door._task
    rows = RefusedConnection.objects.order_by("identity", "status")
    return [row async for row in rows.values_list("identity", "remote_address", "status", "count")]


@pytest.fixture
def door(transactional_db, monkeypatch):
    monkeypatch.setattr(refusals, "WRITTEN_AFTER_S", 0)
    return Refusals()


async def test_refusals_are_counted_by_identity_and_reason(door):
    refuse(door, "/ocpp/CP001", 401, times=3)
    refuse(door, "/ocpp/CP001", 400)
    refuse(door, "/ocpp/CP001", 503)
    refuse(door, "/ocpp/CP001", 429)

    assert await counted(door) == [("CP001", "192.0.2.1", 400, 1), ("CP001", "192.0.2.1", 401, 3)]


async def test_a_flood_of_names_is_counted_under_none(door, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_AT_ONCE", 2)

    for number in range(5):
        refuse(door, f"/ocpp/CP{number}")

    assert await counted(door) == [
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
