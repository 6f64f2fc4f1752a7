"""The commissioning test, which finds out which way a battery counts.

It is told to charge with a small power. What its state of charge or its counters do shows whether
it charges; its power must then have the sign of what it was told.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from energy.domain.battery_watch import REVERTS_S, Bounds
from energy.domain.readings import BatteryReading
from energy.domain.sign_test import Failed, Seen, may_begin, probe_kw, sign_of
from energy.enums import OutOfPlan, Sign
from energy.models import CommissioningTest
from energy.polling.devices import Device
from energy.polling.polled import FAULTS, PolledBattery, reason_of
from energy.services import commissioning as services

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Times:
    """`settles_s`: until its power is looked at; `longest_s`: until its content must have
    moved; `look_s`: between two looks."""

    settles_s: float = 30.0
    longest_s: float = 300.0
    look_s: float = 5.0


TIMES = Times()


async def run(test: CommissioningTest, battery: PolledBattery, ask: Ask) -> None:
    """Do the test and store its steps and its result."""

    async def note(text: str) -> None:
        await ask(lambda: services.note_step(test=test, text=text, now=datetime.now(UTC)))

    async with battery.lock:
        sign, battery.is_tested = None, True
        try:
            device = await battery.device()
            sign = await _found(device, battery.bounds(device), battery, note)
            await note(f"It counts as: {sign.label}.")
        except Failed as fault:
            await note(f"Failed: {fault}.")
        except FAULTS as fault:
            await note(f"Failed: {reason_of(fault)[1]}.")
        finally:
            battery.is_tested = False
        await ask(lambda: services.end_test(test=test, sign=sign, now=datetime.now(UTC)))


async def _found(
    device: Device, bounds: Bounds, battery: PolledBattery, note: Callable[[str], Awaitable[None]]
) -> Sign:
    """Raises Failed, and what the device raises."""
    if battery.watch.reason == OutOfPlan.SOC_JUMPS:
        raise Failed(f"its state of charge jumps: {battery.watch.note}")
    before = await device.battery()
    may_begin(before, bounds)
    power = probe_kw(bounds)
    await note(f"At {before.soc:.1%}, {before.power_kw:.1f} kW; told to charge with {power:g} kW.")
    try:
        seen = await _charge(device, power, before, battery)
    finally:
        await device.command(0.0, REVERTS_S)
    await note(
        f"After {seen.seconds:.0f} s: {seen.after.power_kw:.1f} kW, "
        f"state of charge {seen.after.soc - before.soc:+.2%}; told to rest."
    )
    return sign_of(seen, power)


async def _charge(
    device: Device, power: float, before: BatteryReading, battery: PolledBattery
) -> Seen:
    """Until its content moved, or long enough."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        await device.command(-power, REVERTS_S)
        await asyncio.sleep(TIMES.look_s)
        battery.reading, battery.read_at = await device.battery(), datetime.now(UTC)
        seen = Seen(before, battery.reading, loop.time() - began)
        if seen.seconds >= TIMES.settles_s and (seen.moved or seen.seconds >= TIMES.longest_s):
            return seen
