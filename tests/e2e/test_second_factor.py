"""A passkey, from being made to opening the portal, on a device that the browser plays."""

import re

from playwright.async_api import expect

from accounts.enums import Role
from tests.e2e.conftest import PASSWORD
from tests.e2e.test_every_page import look


async def with_device(page):
    """The page's browser has a device that makes and uses passkeys without asking anybody."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def confirm_who_it_is(page):
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()


async def test_a_passkey_is_made_and_opens_the_portal(portal, settings):
    portal.base = portal.base.replace("127.0.0.1", "localhost")  # no device has one for an address
    settings.PUBLIC_URL = portal.base
    await portal.log_in(Role.VIEWER)
    faults = []
    async with portal.page() as page:
        await with_device(page)
        await page.goto("/second-factor/")
        await page.get_by_role("link", name="Add a passkey or key").click()
        await confirm_who_it_is(page)
        faults += await look(page, "/second-factor/keys/add/")
        await page.get_by_label("Passwordless").check()
        await page.get_by_role("button", name="Add it").click()
        await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        for url in ("/second-factor/codes/", "/second-factor/codes/new/", "/second-factor/app/",
                    "/second-factor/"):  # fmt: skip
            faults += await look(page, url)
        await expect(page.get_by_role("cell", name="Passkey")).to_be_visible()

        await page.get_by_role("button", name="Account").click()
        await page.get_by_role("button", name="Log out").click()
        await page.goto("/login/")
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url(re.compile("localhost:[0-9]+/$"))

    assert faults == []


async def test_with_a_second_factor_the_password_is_half_of_it(portal, settings):
    """The page that asks for the other half."""
    portal.base = portal.base.replace("127.0.0.1", "localhost")
    settings.PUBLIC_URL = portal.base
    await portal.log_in(Role.VIEWER)
    async with portal.page() as page:
        await with_device(page)
        await page.goto("/second-factor/keys/add/")
        await confirm_who_it_is(page)
        await page.get_by_role("button", name="Add it").click()
        await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        await page.context.clear_cookies()

        await page.goto("/login/")
        await page.get_by_label("Email").fill(f"{Role.VIEWER}@example.com")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Log in", exact=True).click()
        await expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
        faults = await look(page, page.url)
        await page.get_by_role("button", name="Use a passkey or key").click()
        await page.wait_for_url(re.compile("localhost:[0-9]+/$"))

    assert faults == []
