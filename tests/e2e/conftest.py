"""A real browser on the real server. Everything the page logs as an error fails the test."""

import gc
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import async_playwright, expect

from accounts.enums import Role
from accounts.services import add_user
from tariffs.services import assign_to_connectors, save_tariff
from tests.factories.stations import ConnectorFactory
from tests.ocpp_gateway.conftest import driver, server, station

__all__ = ["driver", "server", "station"]

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PASSWORD = "a-long-pass-phrase"
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)
TARIFF = {
    "country_code": "NL", "party_id": "EMA", "id": "T1", "currency": "EUR",
    "elements": [{"price_components": [
        {"type": "ENERGY", "price": 0.50, "vat": 21, "step_size": 1},
        {"type": "FLAT", "price": 1, "vat": 21, "step_size": 1},
    ]}],
}  # fmt: skip


def pytest_collection_modifyitems(items):
    """Django's ASGI handler and the browser's driver leave files for the garbage collector."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture(autouse=True)
def _tidy():
    yield
    gc.collect()  # while those warnings are ignored


@pytest.fixture
def priced(station):
    """The station's EVSEs have a plug each and a price."""
    now = datetime.now(UTC)
    plugs = [ConnectorFactory(evse=evse) for evse in station.evses.all()]
    save_tariff(body=TARIFF, now=now)
    assign_to_connectors(wanted=[(plug, ["T1"]) for plug in plugs])
    return station


@pytest.fixture
async def chromium():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


class Portal:
    """A browser in which somebody is logged in."""

    def __init__(self, browser, server):
        self.browser = browser
        self.base = server.ws_url.replace("ws:", "http:")
        self.state = None
        self.complaints = []
        self.expected = []  # parts of what the console may say

    @asynccontextmanager
    async def page(self, theme="light", width=1440):
        context = await self.browser.new_context(
            base_url=self.base,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            storage_state=self.state,
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("console", self._console)
        yield page
        await context.close()

    def _console(self, message):
        is_expected = any(part in message.text for part in self.expected)
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(message.text)

    async def log_in(self, role=Role.ADMINISTRATOR):
        email = f"{role}@example.com"
        await sync_to_async(add_user)(email=email, name="", role=role, password=PASSWORD)
        async with self.page() as page:
            await page.goto("/")
            await page.get_by_label("Email").fill(email)
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await page.wait_for_url(f"{self.base}/")
            self.state = await page.context.storage_state()
        return self


@pytest.fixture
async def portal(server, chromium):
    made = Portal(chromium, server)
    yield made
    assert made.complaints == []


@pytest.fixture
async def administrators_portal(portal):
    return await portal.log_in()
