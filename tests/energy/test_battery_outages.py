"""What a battery's coming and going means for the plan, and for the cars beside it."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from energy import services
from energy.models import Battery, DispatchDue, PowerSharing
from energy.polling import poller
from energy.services.polled import BatteryState, Found, store_found
from tests.energy import modbus
from tests.factories.energy import BatteryFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def battery():
    made = BatteryFactory(power_kw=20, read_at=NOW)
    PowerSharing.objects.create(location=made.location, fuse_a=100, due_at=LATER)
    return made


def found(battery, power_kw, out_of_plan=""):
    return Found(batteries=[BatteryState(
        battery_id=battery.pk, location_id=battery.location_id, version=battery.last_updated,
        soc=0.5, energy_kwh=100, power_kw=power_kw, read_at=NOW, out_of_plan=out_of_plan, note="",
        is_news=False,
    )])  # fmt: skip


def is_due():
    """Planned anew, shared anew."""
    return DispatchDue.objects.exists(), PowerSharing.objects.get().due_at == NOW


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        (("", 20), ("", 20.5), (False, False)),
        (("", 20), ("", 0), (False, True)),  # it is empty
        (("", 20), ("no_answer", 20), (True, True)),
        (("no_answer", 20), ("exceptions", 20), (False, False)),
        (("no_answer", None), ("", 0), (True, True)),
    ],
)
def test_it_is_planned_and_shared_anew_where_a_battery_makes_a_difference(
    battery, before, after, due
):
    Battery.objects.update(out_of_plan=before[0], power_kw=before[1])

    store_found(found(battery, after[1], after[0]), now=NOW)

    assert is_due() == due


def test_what_is_said_of_a_battery_that_was_changed_meanwhile_changes_nothing(battery):
    late = found(battery, 0, "no_answer")
    Battery.objects.update(last_updated=LATER)

    store_found(late, now=NOW)

    assert is_due() == (False, False)


def test_one_that_nobody_reads_leaves_the_plan(battery):
    others = [BatteryFactory(read_at=NOW), BatteryFactory(read_at=NOW, out_of_plan="not_ready")]
    Battery.objects.filter(pk=battery.pk).update(read_at=NOW - timedelta(seconds=30))

    left_out = services.leave_out_unread(now=NOW)
    again = services.leave_out_unread(now=NOW)

    battery.refresh_from_db()
    assert (left_out, again, battery.out_of_plan) == (1, 0, "no_answer")
    assert is_due() == (True, True)
    assert [Battery.objects.get(pk=one.pk).out_of_plan for one in others] == ["", "not_ready"]


@pytest.mark.django_db(transaction=True)
async def test_one_that_is_too_slow_for_the_rounds_leaves_the_plan(settings, monkeypatch):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(poller, "DEVICE_S", 0)
    async with modbus.serving(modbus.Battery()) as port:
        row = await sync_to_async(BatteryFactory)(port=port)
        polling = poller.Poller()
        for _ in range(3):
            await polling.round()
        polling.close()

    await row.arefresh_from_db()
    assert row.out_of_plan == "no_answer"
