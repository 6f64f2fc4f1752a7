"""Which way a battery counts is found out by a test, not believed."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from energy import services
from energy.domain.battery_watch import Bounds
from energy.domain.readings import BatteryReading
from energy.domain.sign_test import Failed, Seen, may_begin, probe_kw, sign_of
from energy.enums import Sign, SignTestState
from energy.errors import AlreadyTested, BatteryOutOfPlan
from energy.models import Battery, CommissioningTest
from energy.polling import commissioning
from energy.polling.poller import Poller
from tests.energy import modbus
from tests.factories.energy import BatteryFactory

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
BOUNDS = Bounds(200, 100, 100, 0.05, 0.95, Sign.UNTESTED)


def seen(power_kw, soc_step, **counters):
    return Seen(BatteryReading(0.5, 0.0, **dict.fromkeys(counters, 0.0)),
                BatteryReading(0.5 + soc_step, power_kw, **counters), 30)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "sign"),
    [
        (seen(-10, 0.002), Sign.AS_OURS),
        (seen(-10, -0.002), Sign.TURNED),
        (seen(-10, 0, charged_kwh=0.08), Sign.AS_OURS),
        (seen(-10, 0, discharged_kwh=0.08), Sign.TURNED),
    ],
)
def test_the_sign_follows_from_what_the_content_did(found, sign):
    assert sign_of(found, 10) == sign


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (seen(0, 0.002), "told -10 kW it does 0.0 kW"),
        (seen(10, 0.002), "count in opposite ways"),
        (seen(-10, 0), "did not move"),
    ],
)
def test_a_test_that_shows_nothing_fails_with_the_reason(found, reason):
    with pytest.raises(Failed, match=reason):
        sign_of(found, 10)


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (BatteryReading(0.94, 0), "no room both ways"),
        (BatteryReading(0.06, 0), "no room both ways"),
        (BatteryReading(0.5, 0, trouble="it has an alarm"), "it has an alarm"),
    ],
)
def test_a_battery_that_has_no_room_or_trouble_is_not_tested(reading, reason):
    with pytest.raises(Failed, match=reason):
        may_begin(reading, BOUNDS)


def test_the_power_of_the_test_is_small():
    small = Bounds(5, 3, 3, 0.05, 0.95, Sign.UNTESTED)

    assert (probe_kw(BOUNDS), probe_kw(small)) == (10, 3)


@pytest.mark.django_db
def test_one_test_at_a_time_and_a_lost_one_ends():
    battery = BatteryFactory()

    lost = services.ask_test(battery=battery, now=NOW)
    with pytest.raises(AlreadyTested):
        services.ask_test(battery=battery, now=NOW)
    services.ask_test(battery=battery, now=NOW + timedelta(minutes=11))

    lost.refresh_from_db()
    assert (lost.state, CommissioningTest.objects.count()) == (SignTestState.FAILED, 2)


@pytest.mark.django_db
def test_one_that_is_switched_off_is_not_tested():
    with pytest.raises(BatteryOutOfPlan):
        services.ask_test(battery=BatteryFactory(is_enabled=False), now=NOW)


class Living(modbus.Battery):
    """A minute passes with each thing that it is told."""

    async def act(self, function, start, address, count, current, new):
        answer = await super().act(function, start, address, count, current, new)
        if function in modbus.WRITES:
            self.pass_time(59)
        return answer


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("counts", "sign"), [(1, Sign.AS_OURS), (-1, Sign.TURNED)])
async def test_the_poller_does_the_test_and_the_battery_enters_the_plan(
    settings, monkeypatch, counts, sign
):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(commissioning, "TIMES", commissioning.Times(0.02, 0.1, 0.01))
    device = Living(counts=counts)
    async with modbus.serving(device) as port:
        battery = await sync_to_async(BatteryFactory)(port=port, sign=0, out_of_plan="untested")
        test = await sync_to_async(services.ask_test)(battery=battery, now=datetime.now(UTC))
        poller = Poller()
        await poller.round()
        await poller.round()  # a test that waits is begun beside the rounds
        await poller._tests[test.pk] if test.pk in poller._tests else None
        await poller.round()
        await test.arefresh_from_db()
        found = await Battery.objects.aget(pk=battery.pk)
        poller.close()

    assert (test.state, found.sign, found.out_of_plan) == (SignTestState.PASSED, sign, "")
    assert [step["text"].split(":")[0].split(",")[0] for step in test.steps][-1].startswith(
        "It counts as"
    )
    assert device.told_w == 0
