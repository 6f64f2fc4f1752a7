"""The clock of the simulated world."""

import asyncio
from datetime import timedelta

import pytest

from cpms.simulation.clock import Clock


async def test_a_cancellation_counts_even_when_the_wait_is_over_at_once():
    clock, event = Clock(), asyncio.Event()
    waiting = asyncio.create_task(clock.wait(event, clock.now() + timedelta(hours=1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    event.set()
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
