"""A partner joins, in the browser: both ways round, each step shown live."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import expect

from ocpi.models import Partner
from ocpi.services import partners
from tests.ocpi.emsp import Emsp, ok


@pytest.fixture
def emsp(server, settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    settings.PUBLIC_URL = server.ws_url.replace("ws:", "http:")
    with Emsp() as peer:
        yield peer


async def test_a_partner_that_we_invite_registers_before_our_eyes(administrators_portal, emsp):
    async with administrators_portal.page() as page:
        await page.goto("/partners/")
        await page.get_by_role("link", name="Add partner").first.click()
        form = page.locator("section", has=page.get_by_role("heading", name="They register"))
        await form.get_by_label("Name").fill("Roamer")
        await form.get_by_label("Country code").fill("NL")
        await form.get_by_label("Party id").fill("RMR")
        await form.get_by_role("button", name="Invite").click()
        token = await page.locator("#token").inner_text()
        url = await page.locator("#url").inner_text()
        await expect(page.locator("#joined")).to_contain_text("Waiting for them to register")
        await page.locator(".live").filter(has_text="Live").wait_for()

        invitation = partners.Invitation(None, token, url, None)
        _endpoints, answer = await asyncio.to_thread(emsp.register, invitation)

        assert answer.codes == (200, 1000)
        await expect(page.locator("#joined")).to_contain_text("Connected.")
        await expect(page.locator(".steps .badge", has_text="Passed")).to_have_count(4)
        await page.get_by_role("link", name="See how far it is").click()
        await expect(page.get_by_role("heading", name="Roamer", level=1)).to_be_visible()


async def test_we_register_with_a_partner_and_see_why_it_fails_and_then_works(
    administrators_portal, emsp
):
    def register(path, body):
        emsp.token, emsp.token_b = body["token"], "token-C-of-the-emsp"
        return ok(emsp.credentials)

    emsp.answers["POST", "credentials"] = register
    async with administrators_portal.page() as page:
        await page.goto("/partners/add/")
        form = page.locator("section", has=page.get_by_role("heading", name="We register"))
        await form.get_by_label("Name").fill("Roamer")
        await form.get_by_label("Their versions URL").fill(f"{emsp.url}/versions")
        await form.get_by_label("Their token A").fill("wrong-token")
        await form.get_by_role("button", name="Register").click()
        await expect(page.locator("#joined")).to_contain_text("The registration failed.")
        await expect(page.locator(".steps li").first).to_contain_text("HTTP 401")
        await expect(page.locator(".steps li").first).to_contain_text("Check that URL and token")

        await page.get_by_label("Their versions URL").fill(f"{emsp.url}/versions")
        await page.get_by_label("Their token A").fill(emsp.token_b)
        await page.get_by_role("button", name="Register").click()
        await expect(page.locator("#joined")).to_contain_text("Connected.")
        await expect(page.locator(".steps .badge", has_text="Passed")).to_have_count(6)

    state = await sync_to_async(lambda: Partner.objects.get().state)()
    assert state == "connected"


async def test_a_partner_is_suspended_after_a_question(administrators_portal):
    partner = await Partner.objects.acreate(name="Roamer", state="connected", version="2.2.1")
    async with administrators_portal.page() as page:
        await page.goto(f"/partners/{partner.pk}/")
        await page.get_by_role("button", name="Actions").click()
        await page.get_by_role("button", name="Suspend…").click()
        await page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
        await expect(page.get_by_text("It is suspended.").first).to_be_visible()
        assert (await Partner.objects.aget()).state == "suspended"
        await page.get_by_role("button", name="Actions").click()
        await page.get_by_role("button", name="Resume").click()
        await expect(page.get_by_text("It is connected again.")).to_be_visible()

    assert (await Partner.objects.aget()).state == "connected"
