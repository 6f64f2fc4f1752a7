"""An operator reserves, sees it live in the calendar, and cancels."""

from datetime import UTC, datetime, timedelta

from accounts.enums import Role
from booking.models import Reservation
from tests.ocpp_gateway.charger import connected


async def test_a_reservation_from_the_form_to_its_end(server, priced, driver, portal):
    await portal.log_in(Role.OPERATOR)
    begin = datetime.now(UTC) + timedelta(hours=30)
    local = f"{begin:%Y-%m-%dT%H:%M}"
    day = begin.date()
    async with connected(server, "CP001", priced.password), portal.page() as calendar:
        await calendar.goto(f"/reservations/?location={priced.location.ocpi_id}&day={day}")
        async with portal.page() as page:
            await page.goto("/reservations/add/?evse=CP001-1")
            await page.get_by_label("Id token", exact=True).fill("04A1B2C3")
            await page.get_by_label("From").fill(local)
            await page.get_by_label("Until").fill(f"{begin + timedelta(hours=1):%Y-%m-%dT%H:%M}")
            await page.get_by_role("button", name="Save").click()
            await page.get_by_role("heading", name="Reservation at").wait_for()
            link = calendar.get_by_role("region", name="Calendar").get_by_role("link")
            await link.filter(has_text="04A1B2C3").wait_for()

            await page.get_by_role("button", name="Cancel reservation…").click()
            await page.get_by_label("Who cancels").select_option("EMSP")
            await page.get_by_role("button", name="Cancel reservation", exact=True).click()
            await page.get_by_text("Cancelled", exact=True).first.wait_for()
            await link.filter(has_text="04A1B2C3").wait_for(state="detached")

    reservation = await Reservation.objects.aget()
    assert (reservation.status, reservation.canceled_by) == ("CANCELED", "EMSP")
