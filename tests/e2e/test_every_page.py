"""Every page as each role: accessible in both themes, at every width without sideways scroll, no
complaint in the console (the fixture sees to it), small."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe

from accounts.enums import Role
from alerts.models import Alert
from alerts.services import notice_all
from booking.models import ChargingSession, Reservation, Token
from booking.services import issue_missing_cdrs
from ocpi.models import OcpiMessage, OwedPush, Partner, Party
from ocpi.services import partners, watching
from stations.models import Evse, RefusedConnection, StationCommand, StationQuirk
from tests.factories.stations import EvseFactory
from tests.ocpp_gateway.charger import connected

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
OPEN = ["/login/", "/signup/", "/password/reset/", "/nowhere/"]
READ = [
    "/", "/locations/", "/stations/", "/stations/?q=nothing", "/stations/CP001/", "/sessions/",
    "/reservations/", "/alerts/", "/alerts/?state=closed",
    "/messages/", "/refused-connections/", "/partners/",
    "/ocpi-messages/", "/ocpi-messages/?errors=1", "/tariffs/", "/tokens/", "/batteries/",
    "/api-tokens/",
    "/password/change/", "/second-factor/",
]  # fmt: skip
PAGES = {
    Role.VIEWER: READ,
    Role.OPERATOR: [*READ, "/tokens/add/", "/reservations/add/", "/reservations/add/?evse=CP001-1"],
    Role.ADMINISTRATOR: [
        *READ, "/tokens/add/", "/users/", "/users/add/", "/audit/", "/partners/add/", "/locations/add/", "/stations/add/",
        "/stations/CP001/edit/", "/stations/CP001/connect/", "/stations/CP001/evses/add/",
        "/stations/CP001/evses/CP001-1/", "/tariffs/add/", "/tariffs/add/?form=elements",
        "/tariffs/T1/", "/batteries/add/",
    ],
}  # fmt: skip
WIDTHS = (1440, 768, 390, 320)
LOOKS = (("light", 1440), ("dark", 1440), ("dark", 320))
WORDS = ("Available", "Charging", "SuspendedEV", "Reserved", "Unavailable", "Faulted", "Finishing")
BUDGET = {"plain": (110, 12), "chart": (450, 16)}  # KB and requests of a first visit
MOST_WARM_KB = 15
MOST_HTML_KB = {"page": 12, "list": 25}  # packed


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
    issue_missing_cdrs(now=now)
    Evse.objects.filter(status="Faulted").update(
        status_at=now - timedelta(hours=1), error_info="A" * 120, vendor_error_code="0x17"
    )
    notice_all(now=now)
    for start, length in ((1, 60), (2, 15), (26, 240)):
        begin = now + timedelta(hours=start)
        reservation = Reservation.objects.create(
            evse=evses[0], id_token="04A1B2C3D4E5F60718", group_id="FLEET", starts_at=begin,
            ends_at=begin + timedelta(minutes=length), hold_at=begin, cancel_until=begin,
            keep_until=begin + timedelta(minutes=15),
        )  # fmt: skip
    Token.objects.get_or_create(uid="04A1B2C3")
    StationQuirk.objects.create(station=station, name="meter_values_as_text", count=7, last_at=now)
    StationCommand.objects.create(
        station=station, action="Reset", payload={}, status="failed", deadline_at=now,
        settled_at=now, error={"code": "station_offline", "description": "It is not connected."},
    )  # fmt: skip
    RefusedConnection.objects.create(
        identity="CP001", remote_address="192.0.2.7", status=401, count=3, first_at=now, last_at=now
    )
    return {
        "location": f"/locations/{location.ocpi_id}/",
        "change": f"/locations/{location.ocpi_id}/edit/",
        "energy": f"/locations/{location.ocpi_id}/energy/",
        "energy-report": f"/locations/{location.ocpi_id}/energy-report/",
        "session": f"/sessions/{ended.pk}/",
        "public": f"/public/{location.ocpi_id}/",
        "alert": f"/alerts/{Alert.objects.latest('pk').pk}/",
        "correction": f"/cdrs/{ended.cdr.pk}/correct/",
        **partners_in_all_states(now),
        "reservation": f"/reservations/{reservation.pk}/",
        "calendar": f"/reservations/?location={location.ocpi_id}",
    }


def partners_in_all_states(now):
    """One that works, one that hangs, one that is suspended, one that joins; and what was said."""
    long_name = "A roaming platform with a very long name that speaks for others"
    hanging = roaming_partner(long_name, "LNG", now, failures=3, retry_at=now + timedelta(hours=1),
                              last_error="emsp.example does not answer: TimeoutError.")  # fmt: skip
    roaming_partner("Suspended", "SUS", now, state="suspended")
    roaming_partner("Works", "WRK", now)
    joining = partners.invite(name="Joins", now=now).partner
    row, _work = watching.connect(
        partner=joining, token_a="a-token", url=f"https://emsp.example/{'long/' * 20}", now=now
    )
    for entry, state in zip(row.steps, ("passed", "failed", "running"), strict=False):
        entry |= {"state": state, "note": "It said no." if state == "failed" else ""}
    row.save()
    OwedPush.objects.create(
        partner=hanging, module="locations", object_id="1", due_at=now, owed_since=now
    )
    OwedPush.objects.create(partner=hanging, module="cdrs", object_id="2", refused="HTTP 200, 2001")
    for number, (partner, fault) in enumerate([(hanging, True), (joining, False), (None, True)]):
        OcpiMessage.objects.create(
            id=number, at=now, partner_id=partner and partner.pk, direction="in" if fault else "out",
            method="PUT", module="locations", url=f"https://emsp.example/{'path/' * 40}",
            http_status=None if fault else 200, status_code=None if fault else 1000, is_fault=fault,
            duration_ms=9_999, request_id="R", request='{"id": "LOC1"}', answer="", error="No.",
        )  # fmt: skip
    page = f"/partners/{hanging.pk}/"
    return {
        "partner": page,
        "partner-joining": f"/partners/{joining.pk}/joining/",
        "partner-policy": f"{page}policy/",
    }


def roaming_partner(name, party, now, **more):
    facts = {
        "name": name, "state": "connected", "version": "2.2.1", "connected_at": now,
        "versions_url": "https://emsp.example/a/long/path/to/their/versions",
        "endpoints": {f"{module}:RECEIVER": f"https://emsp.example/ocpi/emsp/2.2.1/{module}"
                      for module in ("locations", "sessions", "cdrs")},
    }  # fmt: skip
    partner = Partner.objects.create(**facts | more)
    Party.objects.create(partner=partner, country_code="NL", party_id=party)
    return partner


async def look(page, url):
    """What is wrong with a page: axe's findings and sideways scrolling."""
    await page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    await page.goto(url)
    live = page.locator(".live")
    if await live.count():
        await live.filter(has_text="Live").wait_for()
    faults = []
    for theme, width in LOOKS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        found = await Axe().run(page, options=AXE)
        faults += [
            f"{url} {theme} {width}: {rule['id']} at {node['target']}"
            for rule in found.response["violations"]
            for node in rule["nodes"]
        ]
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{url} {width}: scrolls sideways")
    return faults


@pytest.mark.parametrize("role", PAGES)
async def test_pages_are_accessible(server, priced, portal, role):
    more = await populate(priced)
    shown = [
        "location",
        "session",
        "reservation",
        "alert",
        "public",
        "calendar",
        "energy",
        "energy-report",
        "partner",
        *(
            ["change", "correction", "partner-joining", "partner-policy"]
            if role == Role.ADMINISTRATOR
            else []
        ),
    ]
    await portal.log_in(role)
    faults = []
    async with connected(server, "CP001", priced.password) as charger:
        await charger.boot()
        await charger.status(1, "Charging")
        async with portal.page() as page:
            for url in [*PAGES[role], *(more[name] for name in shown)]:
                faults += await look(page, url)

    assert faults == []


async def test_pages_before_the_log_in_are_accessible(portal):
    portal.expected = ["404 (Not Found)"]
    faults = []
    async with portal.page() as page:
        for url in OPEN:
            faults += await look(page, url)

    assert faults == []


async def test_an_empty_network_is_accessible(administrators_portal):
    faults = []
    async with administrators_portal.page() as page:
        for url in READ[:3] + READ[5:10]:
            faults += await look(page, url)

    assert faults == []


async def test_an_offline_station_and_many_sessions_fit_every_width(priced, administrators_portal):
    await populate(priced)
    await many_sessions(priced, 500)
    faults = []
    async with administrators_portal.page() as page:
        for url in ["/stations/CP001/", "/sessions/", "/"]:
            faults += await look(page, url)
        await page.goto("/sessions/")
        rows = await page.locator("#live-sessions tbody tr").count()

    assert (faults, rows) == ([], 50)


@sync_to_async
def many_sessions(station, count):
    begun = datetime.now(UTC) - timedelta(days=30)
    evse = station.evses.first()
    ChargingSession.objects.bulk_create(
        ChargingSession(
            evse=evse, id_token="04A1B2C3", status="COMPLETED", meter_start_wh=0, energy_wh=9_000,
            started_at=begun + timedelta(hours=number), ended_at=begun + timedelta(hours=number + 1),
        )
        for number in range(count)
    )  # fmt: skip


async def loaded(page, url):
    """How many KB and requests it took, each with its packed size by kind."""
    requests = []

    def note(request):
        requests.append(request)

    page.on("requestfinished", note)
    await page.goto(url, wait_until="load")
    page.remove_listener("requestfinished", note)
    sizes = [
        (request.resource_type, (await request.sizes())["responseBodySize"]) for request in requests
    ]
    return sum(size for _kind, size in sizes) / 1024, sizes


async def test_pages_keep_their_budget(server, priced, administrators_portal):
    more = await populate(priced)
    await many_sessions(priced, 60)
    too_big = []
    for url, kind, shape in (
        ("/", "plain", "page"), ("/stations/CP001/", "plain", "page"), ("/sessions/", "plain", "list"),
        ("/messages/", "plain", "list"), (more["location"], "plain", "page"),
        (more["session"], "chart", "page"),
    ):  # fmt: skip
        async with administrators_portal.page() as page:
            cold_kb, sizes = await loaded(page, url)
            warm_kb, _sizes = await loaded(page, url)
        most_kb, most_requests = BUDGET[kind]
        html_kb = next(size for kind_, size in sizes if kind_ == "document") / 1024
        found = (cold_kb, len(sizes), html_kb, warm_kb)
        most = (most_kb, most_requests, MOST_HTML_KB[shape], MOST_WARM_KB + html_kb)
        if any(one > limit for one, limit in zip(found, most, strict=True)):
            too_big.append(f"{url}: {found} above {most}")

    assert too_big == []
