"""What an operator does in tests: asks stations for something and looks at the outcome."""

import asyncio
from datetime import UTC, datetime

from asgiref.sync import sync_to_async

from stations.enums import OPEN_COMMAND
from stations.models import StationCommand
from stations.services import issue_command

PATIENCE_S = 15


async def issue(station, action, payload, **more):
    """A command, as portal, REST and manage.py issue it."""
    work = sync_to_async(issue_command)
    return await work(
        station=station, action=action, payload=payload, now=datetime.now(UTC), **more
    )


async def settled(command):
    """The command's row when it has its outcome."""
    async with asyncio.timeout(PATIENCE_S):
        while (row := await StationCommand.objects.aget(pk=command.pk)).status in OPEN_COMMAND:  # noqa: ASYNC110 -- another process writes it
            await asyncio.sleep(0.01)
    return row


async def outcome(charger, station, action, payload, answer):
    """Issue a command, answer it as the station; its status, response and error as stored."""
    command = await issue(station, action, payload)
    frame = await charger.next_request()
    assert frame[2:] == [action, payload]
    await charger.answer(frame, answer)
    row = await settled(command)
    return row.status, row.response, row.error


async def until(holds):
    """Wait for what no message tells: `await holds()` becomes true."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
