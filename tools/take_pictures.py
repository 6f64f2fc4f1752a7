"""The README's pictures, taken of a running `make demo`: `python tools/take_pictures.py [URL]`.

Wants the demo some minutes old, so that cars charge and sessions have ended; asks one station for
its status and configuration, so that its list of activity is not empty. Needs chromium.
"""

import csv
import os
import sys
from io import StringIO
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures"
MOST_BYTES = 200_000
SIZE = {"width": 1440, "height": 960}
ASKED = ("Ask for the status", "Read the configuration")


def main(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        context = logged_in(browser, base)
        page = context.new_page()
        take(page, "/", "overview")
        station = busiest_station(page)
        page.goto(station)
        for words in ASKED:
            page.get_by_role("button", name="Remote action").click()
            page.get_by_role("button", name=words).click()
            page.locator("#live-commands .badge.ok").first.wait_for()
        take(page, station, "station")
        page.evaluate("localStorage.setItem('theme', 'dark')")
        take(page, largest_session(page), "session")
        page.evaluate("localStorage.setItem('theme', 'light')")
        page.goto("/messages/")
        page.locator(".log summary", has_text="StatusNotification").first.click()
        shoot(page, "messages")
        browser.close()


def logged_in(browser: Browser, base: str) -> BrowserContext:
    context = browser.new_context(base_url=base, viewport=SIZE, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/login/")
    page.get_by_label("Email").fill("demo@example.com")
    page.get_by_label("Password", exact=True).fill("demo-cpms")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/")
    page.close()
    return context


def busiest_station(page: Page) -> str:
    """The address of the station at which most cars charge."""
    page.goto("/stations/?state=online")
    links = page.locator(".tbl td:first-child a").evaluate_all(
        "all => all.map(one => one.pathname)"
    )

    def charging(url: str) -> int:
        page.goto(url)
        return page.locator("article .badge.info").count() * 10 + page.locator("article").count()

    return str(max(links, key=charging))


def largest_session(page: Page) -> str:
    """The address of the ended session that took the most energy."""
    text = page.request.get("/sessions/?format=csv&status=COMPLETED").text()
    rows = list(csv.DictReader(StringIO(text)))
    return f"/sessions/{max(rows, key=lambda row: float(row['kwh']))['id']}/"


def take(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.locator(".live", has_text="Live").wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("#toasts .icon-btn").evaluate_all("buttons => buttons.forEach(one => one.click())")
    shoot(page, name)


def shoot(page: Page, name: str) -> None:
    path = TARGET / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.name}: {size // 1000} KB")
    if size > MOST_BYTES:
        sys.exit(f"{path.name} is larger than {MOST_BYTES // 1000} KB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
