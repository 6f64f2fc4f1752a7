"""One car, from plug-in to CDR, seen in the portal without a reload."""

from datetime import UTC, datetime, timedelta

import pytest
import websockets
from playwright.async_api import expect

from tests.ocpp_gateway.charger import connected

MINUTE = timedelta(minutes=1)


async def test_a_car_is_followed_from_plug_in_to_cdr(  # noqa: PLR0915 -- one journey
    server, priced, driver, administrators_portal
):
    started_at = datetime.now(UTC).replace(microsecond=0) - 30 * MINUTE

    async with administrators_portal.page() as page:
        await page.goto("/stations/CP001/")
        card = page.locator("article", has=page.get_by_role("heading", name="CP001-1"))
        await expect(page.locator(".live")).to_have_text("Live")
        await expect(card).to_contain_text("Offline")
        await page.evaluate("window.loadedOnce = true")

        async with connected(server, "CP001", priced.password) as charger:
            await charger.boot()
            await charger.status(1, "Available")
            await expect(card).to_contain_text("Available")
            await charger.status(1, "Preparing")
            await expect(card).to_contain_text("Preparing")
            begun = await charger.start(number=1, meter_start=1000, started_at=started_at)
            await charger.status(1, "Charging")
            await expect(card).to_contain_text("Charging")
            assert await page.evaluate("window.loadedOnce")

            await card.get_by_role("link", name="kWh").click()
            await expect(page.get_by_role("heading", level=1)).to_contain_text("Session at")
            await expect(page.locator(".live")).to_have_text("Live")
            await page.evaluate("window.loadedOnce = true")
            transaction_id = begun["transactionId"]
            for minute, wh in ((10, 3000), (20, 6000)):
                measured_at = started_at + minute * MINUTE
                await charger.meter(transaction_id, wh, measured_at=measured_at)
            await expect(page.locator("#live-session")).to_contain_text("5.0 kWh")
            await expect(page.locator("#live-session")).to_contain_text("It is issued when")
            await charger.stop(transaction_id, 7000, started_at + 25 * MINUTE)
            await charger.status(1, "Finishing")

        cdr = page.locator("#cdr")
        await expect(cdr).to_contain_text("6.0 kWh")
        await expect(cdr).to_contain_text("€4.00")  # 6 kWh at 0.50 and the flat 1.00
        assert await page.evaluate("window.loadedOnce")


async def test_an_action_keeps_its_menu_and_shows_its_outcome(
    server, priced, administrators_portal
):
    async with (
        connected(server, "CP001", priced.password) as charger,
        administrators_portal.page() as page,
    ):
        await charger.boot()
        await charger.status(1, "Available")
        await page.goto("/stations/CP001/")
        await expect(page.locator(".live")).to_have_text("Live")
        await page.get_by_role("button", name="Actions CP001-1").click()
        await charger.status(1, "Preparing")
        await expect(page.get_by_role("article").first).to_contain_text("Preparing")
        await page.get_by_role("button", name="Unlock the connector…").click()
        dialog = page.get_by_role("dialog", name="Unlock EVSE CP001-1?")
        await charger.status(1, "Finishing")
        await expect(page.locator("article").first).to_contain_text("Finishing")
        await dialog.get_by_role("button", name="Unlock").click()
        frame = await charger.next_request()
        await expect(page.locator("#live-commands")).to_contain_text("UnlockConnector")
        await expect(page.locator(".live")).to_have_text("Live")
        await charger.answer(frame, {"status": "UnlockFailed"})

        await expect(page.locator("#live-commands")).to_contain_text("UnlockFailed")
        await expect(page.locator("#toasts")).to_contain_text("UnlockConnector: Rejected")
    assert frame[2:] == ["UnlockConnector", {"connectorId": 1}]


async def test_a_live_update_leaves_focus_and_place_alone(server, priced, administrators_portal):
    async with (
        connected(server, "CP001", priced.password) as charger,
        administrators_portal.page() as page,
    ):
        await charger.boot()
        await charger.status(1, "Available")
        await page.goto("/stations/CP001/")
        await expect(page.locator(".live")).to_have_text("Live")
        button = page.get_by_role("button", name="Actions CP001-1")
        await expect(page.get_by_role("article").first).to_contain_text("Available")
        await button.focus()
        before = await button.bounding_box()
        for word in ("Preparing", "Charging", "Finishing"):
            await charger.status(1, word)
            await expect(page.get_by_role("article").first).to_contain_text(word)

            await expect(button).to_be_focused()
            assert await button.bounding_box() == before


async def test_a_refused_station_shows_on_its_page_without_a_reload(
    server, priced, administrators_portal
):
    async with administrators_portal.page() as page:
        await page.goto("/stations/CP001/connect/")
        await expect(page.locator(".live")).to_have_text("Live")
        await expect(page.locator("#live-boot")).to_contain_text("Waiting for its first")
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"{server.ws_url}/ocpp/CP001", subprotocols=["ocpp1.6"])
        await expect(page.locator("#live-boot")).to_contain_text("Refused once")
        async with connected(server, "CP001", priced.password) as charger:
            await charger.boot()

            await expect(page.locator("#live-boot")).to_contain_text("It is there.")


async def test_the_keyboard_finds_another_location(priced, administrators_portal):
    async with administrators_portal.page() as page:
        await page.goto("/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        await page.get_by_role("button", name="Choose a location").press("Enter")
        await expect(page.get_by_label("Find a location")).to_be_focused()
        await page.keyboard.type("location")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")

        await expect(page.get_by_role("heading", level=1)).to_contain_text("Location")


async def test_the_drawer_opens_and_closes_by_keyboard(priced, administrators_portal):
    async with administrators_portal.page(width=320) as page:
        await page.goto("/")
        menu = page.get_by_role("button", name="Open menu")
        await menu.press("Enter")
        await expect(page.get_by_role("link", name="Stations", exact=True)).to_be_visible()
        await page.keyboard.press("Escape")

        await expect(page.get_by_role("link", name="Stations", exact=True)).to_be_hidden()
        await expect(menu).to_be_focused()
