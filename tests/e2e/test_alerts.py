"""Pages of alerts and of everybody: accessible, in both themes, without sideways scroll."""

from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async

from accounts.enums import Role
from alerts import services
from alerts.models import AlertRule
from stations.models import Evse, StationConnection
from tests.e2e.test_every_page import look
from tests.factories.alerts import AlertFactory


@sync_to_async
def populate(station):
    """An alert with a long text, one that rests, a rule, and a webhook with a delivery."""
    now = datetime.now(UTC)
    StationConnection.objects.update(
        connected_at=now - timedelta(hours=2), disconnected_at=now - timedelta(hours=1)
    )
    Evse.objects.update(
        status="Faulted", status_at=now - timedelta(hours=1), error_code="GroundFailure",
        error_info="A" * 120, vendor_error_code="0x17",
    )  # fmt: skip
    services.notice_all(now=now)
    resting = AlertFactory(
        acknowledged_at=now, snoozed_until=now + timedelta(hours=1), note="n" * 90
    )
    hook, _secret = services.add_webhook(
        name="A program with a very long name that listens", now=now,
        url=f"https://pager.example/{'a-long-path/' * 20}",
    )  # fmt: skip
    services.owe_test(webhook=hook, now=now)
    rule = AlertRule.objects.create(name="Nights", kinds=["evse_fault", "dso_alarm"])
    rule.webhooks.set([hook])
    return [
        "/alerts/", "/alerts/?state=taken", "/alerts/?state=closed", f"/alerts/{resting.pk}/",
        "/alerts/rules/", "/alerts/rules/add/", f"/webhooks/{hook.pk}/", "/webhooks/add/",
        f"/public/{station.location.ocpi_id}/",
    ]  # fmt: skip


async def test_pages_of_alerts_and_of_everybody_are_accessible(priced, portal):
    pages = await populate(priced)
    await portal.log_in(Role.ADMINISTRATOR)

    async with portal.page() as page:
        faults = [fault for url in pages for fault in await look(page, url)]

    assert faults == []


async def test_an_alert_is_taken_on_with_the_keyboard_alone(priced, portal):
    await populate(priced)
    await portal.log_in(Role.OPERATOR)

    async with portal.page() as page:
        await page.goto("/alerts/")
        await page.get_by_role("link", name="Take on…").first.focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Note").fill("Called the fitter")
        await page.get_by_role("button", name="Take on").focus()
        await page.keyboard.press("Enter")
        await page.get_by_text("It waits for nobody else any more.").wait_for()
