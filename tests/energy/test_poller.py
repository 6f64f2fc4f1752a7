"""The poller against batteries on real Modbus TCP."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from energy.enums import OutOfPlan
from energy.models import Battery, BatterySetpoint, EnergyReading
from energy.polling.polled import Counting, PolledBattery
from energy.polling.poller import Poller
from energy.services.setpoints import command
from tests.energy import modbus
from tests.factories.energy import BatteryFactory
from tests.factories.stations import LocationFactory

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
EVERY = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def _loopback_allowed(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


class Bench:
    """A battery as the poller holds it, and its clock. No database."""

    def __init__(self, device, row):
        self.device, self.now = device, NOON
        self.polled = PolledBattery(row, Counting((0.0, 0.0)))
        self.counters = []

    async def rounds(self, count, seconds=5.0):
        """Poll, and let time pass for both; the state then."""
        for _ in range(count):
            await self.polled.poll(self.now)
            if self.polled.counters:
                self.counters.append(self.polled.counters)
                self.polled.counters = None
            self.device.pass_time(seconds)
            self.now += timedelta(seconds=seconds)
        return self.polled.state()

    def tell(self, power_kw, seconds=900):
        until = self.now + timedelta(seconds=seconds)
        self.polled.setpoint = BatterySetpoint(pk=7, power_kw=power_kw, until=until, reason="test")


@asynccontextmanager
async def bench(device=None, **facts):
    device = device or modbus.Battery()
    async with modbus.serving(device) as port:
        location = LocationFactory.build(pk=1)
        one = Bench(device, BatteryFactory.build(pk=1, location=location, port=port, **facts))
        try:
            yield one
        finally:
            one.polled.forget()


async def test_a_battery_is_read_by_sunspecs_models_and_enters_the_plan():
    async with bench() as one:
        found = await one.rounds(1)

    state = (found.soc, found.energy_kwh, found.power_kw, found.read_at, found.out_of_plan)
    assert state == (0.5, 100.0, 0.0, NOON, "")


async def test_a_setpoint_is_sent_in_one_block_with_its_reversion():
    async with bench() as one:
        await one.rounds(1)
        one.tell(40)
        await one.rounds(2)
        told = one.polled.told

    registers = one.device.registers
    facts = {name: registers[704, name] for name in
             ("WSetEna", "WSetMod", "WSet", "WSetRvrt", "WSetEnaRvrt")}  # fmt: skip
    assert facts == {
        "WSetEna": 1,
        "WSetMod": 1,
        "WSet": 4000,
        "WSetRvrt": 0,
        "WSetEnaRvrt": 1,
    }
    assert len(one.device.writes) == 1
    assert (told.setpoint_id, told.sent_at, told.refused) == (7, NOON + EVERY, "")


async def test_a_setpoint_is_refreshed_before_its_reversion_is_due_and_ends_when_it_ends():
    async with bench() as one:
        await one.rounds(1)
        one.tell(40, seconds=300)
        await one.rounds(60)
        meanwhile = one.device.told_w
        found = await one.rounds(3)

    assert meanwhile == 40_000
    assert (one.device.told_w, found.power_kw) == (0, 0.0)
    assert found.soc == pytest.approx(0.5 - 40 * 300 / 3600 / 200, abs=0.0005)


async def test_without_the_poller_a_battery_rests_by_itself():
    async with bench() as one:
        await one.rounds(1)
        one.tell(-40)
        await one.rounds(1)
        before = one.device.told_w
        one.device.pass_time(61)

    assert (before, one.device.told_w) == (-40_000, 0)


async def test_power_goes_up_by_a_ramp():
    async with bench() as one:
        await one.rounds(1)
        one.tell(100)
        await one.rounds(1)
        one.tell(-100)
        powers = []
        for _ in range(5):
            await one.rounds(1)
            powers.append(one.device.told_w / 1000)

    assert powers == [50, 0, -50, -100, -100]


async def test_a_battery_that_counts_the_other_way_is_told_so():
    device = modbus.Battery(counts=-1)
    async with bench(device, sign=-1) as one:
        await one.rounds(1)
        one.tell(40)
        found = await one.rounds(4)

    assert device.told_w == -40_000
    assert found.power_kw == 40
    assert found.soc < 0.5


async def test_one_whose_sign_nobody_tested_is_read_but_not_told_anything():
    async with bench(sign=0) as one:
        found = await one.rounds(3)

    assert (found.soc, found.out_of_plan, one.device.writes) == (0.5, OutOfPlan.UNTESTED, [])


async def test_one_that_is_cut_leaves_the_plan_and_comes_back_alone():
    device = modbus.Battery()
    async with bench(device) as one:
        await one.rounds(1)
        port = one.polled.row.port
    out = await one.rounds(3)
    still = await one.rounds(1)
    async with modbus.serving(device, port):
        one.polled._link._not_before = 0  # its pause is over
        back = await one.rounds(3)
    one.polled.forget()

    assert (out.out_of_plan, out.soc) == (OutOfPlan.NO_ANSWER, 0.5)
    assert (still.out_of_plan, still.read_at) == (OutOfPlan.NO_ANSWER, NOON)
    assert back.out_of_plan == ""


async def test_one_that_answers_with_exceptions_is_out_with_their_code():
    async with bench() as one:
        await one.rounds(1)
        one.tell(40)
        one.device.refuses = modbus.REFUSED
        out = await one.rounds(3)
        one.device.refuses = None
        soon = await one.rounds(2)
        back = await one.rounds(1)

    assert (out.out_of_plan, out.note) == (OutOfPlan.EXCEPTIONS, "Modbus exception 4")
    assert soon.out_of_plan == OutOfPlan.EXCEPTIONS
    assert back.out_of_plan == ""


async def test_one_whose_state_of_charge_jumps_is_not_told_anything_until_it_is_believed():
    async with bench() as one:
        await one.rounds(1)
        one.tell(40)
        one.device.soc = 0.9
        one.device.pass_time(0)
        out = await one.rounds(1)
        writes = len(one.device.writes)
        await one.rounds(11)
        meanwhile = len(one.device.writes)
        back = await one.rounds(2)

    assert (out.out_of_plan, out.note) == (
        OutOfPlan.SOC_JUMPS,
        "from 50% to 90% within 5 s",
    )
    assert (writes, meanwhile) == (0, 0)
    assert (back.out_of_plan, len(one.device.writes) > 0) == ("", True)


@pytest.mark.parametrize(
    ("point", "value", "reason", "note"),
    [
        ((713, "SoC"), 0xFFFF, OutOfPlan.NONSENSE, "no state of charge"),
        ((713, "SoC"), 14_000, OutOfPlan.NONSENSE, "a state of charge of 140%"),
        ((701, "W"), -0x8000, OutOfPlan.NONSENSE, "no power"),
        ((713, "Pct_SF"), 50, OutOfPlan.NONSENSE, "a scale of ten to the 50"),
        ((802, "LocRemCtl"), 1, OutOfPlan.NOT_READY, "it is under local control"),
        ((802, "Evt1"), 2, OutOfPlan.NOT_READY, "its battery has an alarm"),
        ((713, "Sta"), 2, OutOfPlan.NOT_READY, "its storage has an error"),
        ((701, "Alrm"), 1, OutOfPlan.NOT_READY, "it has an alarm"),
    ],
)
async def test_what_cannot_be_commanded_is_out_with_the_reason(point, value, reason, note):
    async with bench() as one:
        one.device.registers[point] = value
        for _ in range(3):
            await one.polled.poll(NOON)
        found = one.polled.state()

    assert (found.out_of_plan, found.note) == (reason, note)


async def test_an_address_that_is_not_allowed_is_never_connected_to(settings):
    async with bench() as one:
        settings.EGRESS_ALLOW = []
        found = await one.rounds(1)

    assert found.out_of_plan == OutOfPlan.NOT_ALLOWED


async def test_neither_an_empty_nor_a_full_battery_goes_further():
    async with bench() as one:
        one.device.soc = 0.05
        one.device.pass_time(0)
        await one.rounds(1)
        one.tell(40)
        await one.rounds(2)
        told = one.polled.told

    assert (one.device.told_w, told.refused) == (0, "it is as empty as it may get")


async def test_counters_are_stored_each_quarter_of_an_hour():
    async with bench() as one:
        await one.rounds(1)
        one.tell(40, seconds=3600)
        await one.rounds(360)

    assert [row.at for row in one.counters] == [
        NOON,
        NOON + timedelta(minutes=15),
        NOON + timedelta(minutes=30),
    ]
    assert [row.in_kwh for row in one.counters] == pytest.approx([0, 9.95, 19.95], abs=0.2)


@pytest.mark.django_db(transaction=True)
async def test_the_poller_stores_what_it_found_and_obeys_what_is_stored():
    device = modbus.Battery()
    async with modbus.serving(device) as port:
        row = await sync_to_async(BatteryFactory)(port=port, soc=None, out_of_plan="not_read")
        now = NOON
        poller = Poller(clock=lambda: now)
        await poller.round()
        read = await Battery.objects.aget(pk=row.pk)
        told = await sync_to_async(command)(
            battery=row, power_kw=40, until=NOON + timedelta(minutes=15), reason="cheap", now=NOON
        )
        now += EVERY
        await poller.round()
        await told.arefresh_from_db()
        await Battery.objects.filter(pk=row.pk).aupdate(last_updated=NOON)  # it was changed
        poller.devices["battery", row.pk].row = row
        device.soc = 0.51
        device.pass_time(0)
        await poller._poll(poller.devices["battery", row.pk], now)
        await poller._store()
        after = await Battery.objects.aget(pk=row.pk)
        poller.close()

    state = (read.soc, read.energy_kwh, read.power_kw, read.read_at, read.out_of_plan)
    assert state == (0.5, 100.0, 0.0, NOON, "")
    assert (device.told_w, told.sent_at, told.refused) == (40_000, NOON + EVERY, "")
    assert await EnergyReading.objects.acount() == 1
    assert after.soc == 0.5  # what was read of the old row is not the new one's
