"""`manage.py poll_batteries`: the one process that speaks to batteries and meters."""

import asyncio
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand

from energy.polling.poller import Poller


class Command(BaseCommand):
    help = (
        "Read all batteries and meters over Modbus TCP, every few seconds, and tell batteries "
        "what to do. One such process for a deployment; it runs until it is stopped."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        uvloop.run(poll())


async def poll() -> None:
    """Until SIGINT or SIGTERM."""
    polling = asyncio.create_task(Poller().run())
    loop = asyncio.get_running_loop()
    for how in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(how, polling.cancel)
    await asyncio.gather(polling, return_exceptions=True)
    if not polling.cancelled() and (fault := polling.exception()):
        raise fault
