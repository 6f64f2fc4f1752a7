"""Rude in conduct: well-formed messages that make no sense, floods, silence."""

import asyncio
from datetime import UTC, datetime, timedelta

from cpms.simulation.clock import timestamp
from cpms.simulation.rude.door import BOOT, Door, Rudeness, named, start_payload, started
from cpms.simulation.rude.raw import RawSocket

LATE_S = 300.0


def _stop(transaction_id: int, meter_wh: int) -> str:
    now = timestamp(datetime.now(UTC))
    return f'{{"transactionId":{transaction_id},"meterStop":{meter_wh},"timestamp":"{now}"}}'


def _meter(transaction_id: int, meter_wh: int) -> str:
    now = timestamp(datetime.now(UTC))
    value = f'{{"timestamp":"{now}","sampledValue":[{{"value":"{meter_wh}"}}]}}'
    return f'{{"connectorId":1,"transactionId":{transaction_id},"meterValue":[{value}]}}'


async def _say(door: Door, socket: RawSocket, action: str, payload: str) -> None:
    await socket.call(action, payload)
    await socket.answer(door.patience_s)


async def meter_runs_backwards(door: Door) -> None:
    """A stop with less on the meter than the start."""
    socket = await door.enter()
    own = await started(door, socket, datetime.now(UTC), 5000)
    await _say(door, socket, "StopTransaction", _stop(own, 10))


async def meter_jumps(door: Door) -> None:
    """Ten gigawatt-hours in a second."""
    socket = await door.enter()
    own = await started(door, socket, datetime.now(UTC))
    await _say(door, socket, "MeterValues", _meter(own, 10_000_000_000))
    await _say(door, socket, "StopTransaction", _stop(own, 2_000_000_000))


async def foreign_transactions(door: Door) -> None:
    """Readings and stops for transactions of others, or of nobody."""
    socket = await door.enter()
    for number in (door.foreign_transaction_id, -1, 0, 2**31 - 1, 2**31, -(2**31)):
        await _say(door, socket, "MeterValues", _meter(number, 99_999_999))
        await _say(door, socket, "StopTransaction", _stop(number, 99_999_999))


async def stop_twice(door: Door) -> None:
    """And with another meter value the second time."""
    socket = await door.enter()
    own = await started(door, socket, datetime.now(UTC))
    await _say(door, socket, "StopTransaction", _stop(own, 2000))
    await _say(door, socket, "StopTransaction", _stop(own, 900_000))


async def readings_after_stop(door: Door) -> None:
    socket = await door.enter()
    own = await started(door, socket, datetime.now(UTC))
    await _say(door, socket, "StopTransaction", _stop(own, 2000))
    await _say(door, socket, "MeterValues", _meter(own, 3000))


async def start_twice(door: Door) -> None:
    """A second transaction on a connector that is charging, then an older one."""
    socket = await door.enter()
    now = datetime.now(UTC)
    for at in (now, now + timedelta(seconds=1), now - timedelta(days=400)):
        await _say(door, socket, "StartTransaction", start_payload(door, timestamp(at)))
    await _say(door, socket, "StopTransaction", _stop(-1, 2000))


async def status_flood(door: Door) -> None:
    socket = await door.enter()
    for number in range(1000):
        status = "Available" if number % 2 else "Faulted"
        payload = f'{{"connectorId":1,"errorCode":"NoError","status":"{status}"}}'
        await socket.call("StatusNotification", payload)
    await socket.listen(door.patience_s)


async def boot_flood(door: Door) -> None:
    """Boots as fast as it can."""
    socket = await door.enter()
    for _ in range(100):
        await socket.call("BootNotification", BOOT)
    await socket.listen(door.patience_s)


async def connection_churn(door: Door) -> None:
    """Comes and goes thirty times."""
    for _ in range(30):
        (await door.open()).close()


async def never_answer(door: Door) -> None:
    """Stays, and ignores whatever it is asked."""
    socket = await door.enter()
    await socket.listen(door.patience_s)


async def answer_twice(door: Door) -> None:
    """Every request gets two answers, different ones."""
    socket = await door.enter()
    while (asked := await socket.answer(door.patience_s)) is not None:
        for status in ("Accepted", "Rejected"):
            await socket.text(f'[3,"{asked[1]}",{{"status":"{status}"}}]')


async def answer_late(door: Door, delay_s: float = LATE_S) -> None:
    """Answers a request when nobody waits any more."""
    socket = await door.enter()
    asked = await socket.answer(door.patience_s)
    if asked is not None:
        await asyncio.sleep(delay_s)
        await socket.text(f'[3,"{asked[1]}",{{"status":"Accepted"}}]')


async def answer_nonsense(door: Door) -> None:
    """Answers of the wrong shape."""
    socket = await door.enter()
    while (asked := await socket.answer(door.patience_s)) is not None:
        await socket.text(f'[3,"{asked[1]}",{{"status":["Accepted"],"extra":{{}}}}]')


RUDENESSES: dict[str, Rudeness] = named(
    meter_runs_backwards,
    meter_jumps,
    foreign_transactions,
    stop_twice,
    readings_after_stop,
    start_twice,
    status_flood,
    boot_flood,
    connection_churn,
    never_answer,
    answer_twice,
    answer_late,
    answer_nonsense,
)
