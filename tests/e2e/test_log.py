"""The message log, read while stations talk."""

from playwright.async_api import expect

from tests.ocpp_gateway.charger import connected


async def test_what_was_opened_stays_open_while_messages_come(
    server, priced, administrators_portal
):
    async with (
        connected(server, "CP001", priced.password) as charger,
        administrators_portal.page() as page,
    ):
        await charger.boot()
        await page.goto("/messages/?station=CP001")
        await expect(page.locator(".live")).to_have_text("Live")
        await page.evaluate("window.loadedOnce = true")
        boot = page.locator(".log details", has_text="BootNotification")
        await boot.locator("summary").click()
        await expect(boot).to_have_attribute("open", "")

        await charger.status(1, "Charging")
        await charger.authorize("NOBODY")

        lines = page.locator(".log li")
        await expect(lines).to_have_count(3)
        await expect(lines.first).to_contain_text("Authorize")
        await expect(boot).to_have_attribute("open", "")
        await expect(page.locator(".log details[open]")).to_have_count(1)
        assert await page.evaluate("window.loadedOnce")
