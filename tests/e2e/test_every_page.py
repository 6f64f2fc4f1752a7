"""Every page: accessible in both themes, 320 px wide too, no complaint in the console, small."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe

from booking.models import ChargingSession, Token
from stations.models import Evse, StationCommand, StationQuirk
from tests.factories.stations import EvseFactory
from tests.ocpp_gateway.charger import connected

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
OPEN = ["/login/", "/signup/", "/password/reset/"]
PAGES = [
    "/", "/locations/", "/stations/", "/stations/?q=nothing", "/stations/CP001/", "/sessions/",
    "/messages/", "/tariffs/", "/tokens/", "/tokens/add/", "/users/", "/users/add/", "/api-tokens/",
    "/locations/add/", "/stations/add/", "/stations/CP001/edit/", "/stations/CP001/connect/",
    "/stations/CP001/evses/add/", "/password/change/",
]  # fmt: skip
WORDS = ("Available", "Charging", "SuspendedEV", "Reserved", "Unavailable", "Faulted", "Finishing")
MOST_KB = {"chart": 450, "plain": 110}


@sync_to_async
def populate(station):
    """Each state once, long names, a session that ended and one that runs."""
    now = datetime.now(UTC)
    location = station.location
    location.name = "A very long name of a place beside the motorway, northern car park, level two"
    location.save()
    for number, status in enumerate(WORDS, 3):
        EvseFactory(
            station=station, number=number, uid=f"STATE-{number}", status=status,
            error_code="GroundFailure" if status == "Faulted" else "",
        )  # fmt: skip
    evses = list(Evse.objects.order_by("number"))
    for evse, extra in ((evses[3], {"soc_percent": 64, "power_w": 55_200}), (evses[4], {})):
        ChargingSession.objects.create(
            evse=evse, id_token="04A1B2C3D4E5F60718", meter_start_wh=0, energy_wh=12_345,
            started_at=now - timedelta(hours=1), **extra,
        )  # fmt: skip
    ended = ChargingSession.objects.create(
        evse=evses[0], id_token="04A1B2C3", status="COMPLETED", meter_start_wh=0, energy_wh=1,
        started_at=now - timedelta(hours=2), ended_at=now, flags=["clock_wrong"],
    )  # fmt: skip
    Token.objects.get_or_create(uid="04A1B2C3")
    StationQuirk.objects.create(station=station, name="meter_values_as_text", count=7, last_at=now)
    StationCommand.objects.create(
        station=station, action="Reset", payload={}, status="failed", deadline_at=now,
        settled_at=now, error={"code": "station_offline", "description": "It is not connected."},
    )  # fmt: skip
    return [f"/locations/{location.ocpi_id}/", f"/locations/{location.ocpi_id}/edit/",
            f"/sessions/{ended.pk}/"]  # fmt: skip


async def faults_of(page, url):
    """What is wrong with a page: axe's findings and sideways scrolling."""
    await page.goto(url)
    live = page.locator(".live")
    if await live.count():
        await live.filter(has_text="Live").wait_for()
    found = await Axe().run(page, options=AXE)
    faults = [
        f"{url}: {rule['id']} at {node['target']}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append(f"{url}: scrolls sideways")
    return faults


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("dark", 320)])
async def test_pages_are_accessible(server, priced, administrators_portal, theme, width):
    more = await populate(priced)
    faults = []
    async with connected(server, "CP001", priced.password) as charger:
        await charger.boot()
        async with administrators_portal.page(theme, width) as page:
            for url in [*PAGES, *more]:
                faults += await faults_of(page, url)
        administrators_portal.state = None
        async with administrators_portal.page(theme, width) as page:
            for url in OPEN:
                faults += await faults_of(page, url)

    assert faults == []


async def test_an_empty_network_is_accessible(administrators_portal):
    faults = []
    async with administrators_portal.page() as page:
        for url in ["/", "/locations/", "/stations/", "/sessions/", "/messages/", "/tariffs/"]:
            faults += await faults_of(page, url)

    assert faults == []


async def test_pages_stay_small(server, priced, administrators_portal):
    more = await populate(priced)
    too_big = []
    for url, kind in (("/", "plain"), ("/stations/CP001/", "plain"), (more[-1], "chart")):
        async with administrators_portal.page() as page:
            sizes = []
            page.on("requestfinished", lambda request, sizes=sizes: sizes.append(request))
            await page.goto(url, wait_until="load")
            total = sum([(await request.sizes())["responseBodySize"] for request in sizes])
        if total > MOST_KB[kind] * 1024:
            too_big.append(f"{url}: {total / 1024:.0f} KB in {len(sizes)} requests")

    assert too_big == []
