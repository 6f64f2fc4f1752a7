"""Pages that change by themselves: over real sockets, through real Redis."""

import asyncio
import re

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from accounts.enums import Role
from accounts.models import User
from cpms import wakeups
from cpms.portal import consumers, live
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.conftest import driver, server, station  # noqa: F401 -- fixtures

PATIENCE_S = 15


@sync_to_async
def log_in(role=Role.VIEWER):
    user, _ = User.objects.get_or_create(email=f"{role}@example.com", defaults={"role": role})
    client = Client()
    client.force_login(user)
    return client


def page(server, client, query, origin=None, language="en"):  # noqa: F811 -- the fixture's value
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value if client else ""
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}", "Accept-Language": language}
    return websockets.connect(
        f"{server.ws_url}/live/?{query}",
        additional_headers=headers,
        origin=origin or server.ws_url.replace("ws:", "http:"),
    )


async def fragments(socket):
    """The next message: each fragment by its element's id."""
    text = await asyncio.wait_for(socket.recv(), PATIENCE_S)
    pieces = re.split(r'<div id="([\w-]+)" hx-swap-oob="morph">', text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


async def until(socket, element_id, words):
    """Messages until the element says these words; False when they never come."""
    while True:
        found = (await fragments(socket)).get(element_id, "")
        if all(word in found for word in words):
            return True


async def test_a_page_gets_its_whole_state_and_then_only_what_changed(server, station):  # noqa: F811
    async with page(server, await log_in(), "view=station&station=CP001") as socket:
        first = await fragments(socket)
        async with connected(server, "CP001", station.password) as charger:
            assert await until(socket, "live-head", ["Online"])
            await charger.status(1, "Charging")
            while "Charging" not in (changed := await fragments(socket)).get("live-connectors", ""):
                pass

    assert set(first) == {
        "live-head", "live-connectors", "live-commands", "live-latest", "live-facts",
        "live-list",
    }  # fmt: skip
    assert "Never connected" in first["live-head"]
    assert "live-commands" not in changed


async def test_each_page_is_kept_up_to_date_in_its_readers_language(server, station):  # noqa: F811
    said, client = {}, await log_in()
    for language in ("it", "en"):
        async with page(server, client, "view=station&station=CP001", language=language) as socket:
            said[language] = (await fragments(socket))["live-head"]

    assert ["Mai connessa" in said["it"], "Never connected" in said["en"]] == [True, True]


async def test_new_messages_appear_in_the_log_as_its_filter_says(server, station):  # noqa: F811
    query = "view=messages&action=BootNotification&station=CP001"
    async with page(server, await log_in(), query) as socket:
        assert "No message fits" in (await fragments(socket))["live-messages"]
        async with connected(server, "CP001", station.password) as charger:
            await charger.status(1, "Charging")
            await charger.boot()
            assert await until(socket, "live-messages", ["BootNotification", "Accepted"])


async def test_a_page_of_another_station_is_left_alone(server, station):  # noqa: F811
    async with page(server, await log_in(), "view=station&station=CP001") as socket:
        await fragments(socket)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 7)  # it looked by itself: nothing changed


@pytest.mark.parametrize("role", [None, Role.NONE])
async def test_who_may_not_see_a_page_gets_nothing_of_it(server, station, role):  # noqa: F811
    client = await log_in(role) if role else None

    async with page(server, client, "view=station&station=CP001") as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), PATIENCE_S)

    assert closed.value.rcvd.code == 4403


@pytest.mark.parametrize("view", ["onboarding&station=CP001", "partner-joining&partner=1"])
async def test_a_page_for_administrators_is_live_for_them_alone(server, station, view):  # noqa: F811
    async with page(server, await log_in(Role.OPERATOR), f"view={view}") as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), PATIENCE_S)

    assert closed.value.rcvd.code == 4403


async def test_a_page_ends_with_its_log_in(server, station):  # noqa: F811
    client = await log_in()

    async with page(server, client, "view=station&station=CP001") as socket:
        await fragments(socket)
        await sync_to_async(client.logout)()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), PATIENCE_S)

    assert closed.value.rcvd.code == 4403


async def test_one_user_cannot_keep_the_process_busy_with_pages(server, station, monkeypatch):  # noqa: F811
    monkeypatch.setattr(consumers, "MOST_OF_ONE", 1)
    client, other = await log_in(), await log_in(Role.OPERATOR)
    query = "view=station&station=CP001"

    async with page(server, client, query) as first:
        await fragments(first)
        async with page(server, client, query) as second, page(server, other, query) as theirs:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(second.recv(), PATIENCE_S)
            await fragments(theirs)
    async with page(server, client, query) as again:  # when the first is closed
        found = await fragments(again)

    assert closed.value.rcvd.code == 1013
    assert "live-head" in found


async def test_another_sites_page_cannot_listen(server, station):  # noqa: F811
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with page(
            server, await log_in(), "view=overview", origin="https://elsewhere.example"
        ):
            pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("query", "code"),
    [("view=nothing", 4404), ("", 4404), ("view=station&station=NOBODY", 4403)],
)
async def test_a_page_that_does_not_exist_is_closed(server, station, query, code):  # noqa: F811
    async with page(server, await log_in(), query) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), PATIENCE_S)

    assert closed.value.rcvd.code == code


async def test_a_session_is_followed_from_the_overview(server, station, driver):  # noqa: F811
    async with page(server, await log_in(), "view=overview") as socket:
        await fragments(socket)
        async with connected(server, "CP001", station.password) as charger:
            begun = await charger.start()
            assert await until(socket, "live-running", ["04A1B2C3"])
            await charger.stop(begun["transactionId"], 500)
            assert await until(socket, "live-running", ["No car is charging"])


def test_news_of_a_loop_that_ended_do_not_silence_the_next(monkeypatch):
    told = []
    monkeypatch.setattr(wakeups, "publish", lambda channel, news: told.append(news["topics"]))
    monkeypatch.setattr(live, "GATHER_S", 0.01)
    hub = live.Hub()

    async def say(topic, stays_s):
        hub.say(topic)
        await asyncio.sleep(stays_s)

    asyncio.run(say("station:1", 0))
    asyncio.run(say("station:2", 0.2))

    assert told == [["station:1", "station:2"]]
