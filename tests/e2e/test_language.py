"""One chooses a language, and finds it on live parts, in charts and in another browser."""

from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from booking.models import ChargingSession
from tests.e2e.test_every_page import AXE
from tests.ocpp_gateway.charger import connected


async def test_italian_is_chosen_once(server, priced, driver, administrators_portal):
    async with administrators_portal.page() as page:
        await page.goto("/stations/CP001/")
        await page.get_by_role("button", name="Account").click()
        await page.get_by_role("button", name="Italiano").click()
        await expect(page.locator("html")).to_have_attribute("lang", "it")
        await expect(page.locator(".live")).to_have_text("In diretta")
        card = page.locator("article", has=page.get_by_role("heading", name="CP001-1"))

        async with connected(server, "CP001", priced.password) as charger:
            await charger.boot()
            await charger.status(1, "Available")
            await expect(card).to_contain_text("Disponibile")
            await charger.start(number=1)
            await charger.status(1, "Charging")
            await expect(card).to_contain_text("In carica")
        violations = (await Axe().run(page, options=AXE)).response["violations"]

    session = await sync_to_async(ChargingSession.objects.get)()
    async with administrators_portal.page(width=320) as page:
        await page.goto(f"/sessions/{session.pk}/")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Sessione presso")
        await expect(page.locator("[data-chart] canvas")).to_be_visible()
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert ([one["id"] for one in violations], wide) == ([], False)


async def test_a_stranger_chooses_before_the_log_in(server, portal):
    async with portal.page() as page:
        await page.goto("/login/?next=/stations/")
        await page.get_by_role("button", name="Italiano").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Accedi")
        assert page.url.endswith("/login/?next=/stations/")
