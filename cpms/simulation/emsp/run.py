"""One run of a simulated eMSP from start to end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from cpms.simulation.chance import dice
from cpms.simulation.emsp import dealing, memory
from cpms.simulation.emsp.app import App
from cpms.simulation.emsp.cpo import CpoFailed
from cpms.simulation.emsp.emsp import Emsp, Profile
from cpms.simulation.emsp.manners import Manners, Mood
from cpms.simulation.emsp.server import Server
from cpms.simulation.ledger import Ledger

RETRY_S = 2.0
LARGEST_LEDGER = 100_000_000

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the CPO's operator gave us."""

    versions_url: str
    token_a: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. With `memory` and `ledger` it goes on where the run before ended; else
    it needs an `invitation`. `seconds`: how long, from then on
    (None: until interrupted)."""

    profile: Profile = field(default_factory=Profile)
    host: str = "127.0.0.1"
    port: int = 0
    invitation: Invitation | None = None
    mood: Mood = Mood.HONEST
    share: float = 1.0
    memory: Path | None = None
    ledger: Path | None = None
    follow_s: float | None = None
    seconds: float | None = None
    seed: int = 1


async def run(order: Order, show: Show) -> None:
    """Run it; `show` gets a line for what people should know. Raises OSError for a port or a
    file that cannot be used, CpoFailed when the CPO refuses an invitation."""
    emsp = born(order)
    try:
        with _signals() as interrupted:
            async with Server(App(emsp), order.host, order.port) as server:
                emsp.url = server.url
                show(f"{emsp.profile.name} listens at {emsp.url}/")
                await _until_over(live(emsp, order, show), interrupted)
    finally:
        if emsp.ledger is not None:
            emsp.ledger.close()


async def _until_over(work: Coroutine[Any, Any, None], interrupted: asyncio.Event) -> None:
    """Until a signal comes, or the work ends or fails."""
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(work),
        asyncio.create_task(interrupted.wait()),
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def born(order: Order) -> Emsp:
    """The eMSP with what it remembers. Raises OSError for a ledger that cannot be written."""
    kept = memory.load(order.memory)
    emsp = Emsp(
        order.profile,
        memory=kept,
        manners=Manners(dice((order.seed, "manners")), order.mood, order.share),
        keep=partial(memory.save, order.memory, kept),
    )
    if order.ledger is not None:
        if order.ledger.exists() and order.ledger.stat().st_size > LARGEST_LEDGER:
            order.ledger.replace(order.ledger.with_suffix(".1"))
        dealing.remember(emsp, order.ledger)
        emsp.ledger = Ledger(order.ledger)
    return emsp


async def live(emsp: Emsp, order: Order, show: Show) -> None:
    """Settle in, then follow sessions as long as it is wished. Raises CpoFailed when the CPO
    refuses us."""
    await settle_in(emsp, order.invitation, show)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(order.seconds):
            while order.follow_s is not None and emsp.memory.is_registered:
                await asyncio.sleep(order.follow_s)
                with contextlib.suppress(CpoFailed):  # away for a moment
                    await dealing.follow(emsp)
            await asyncio.Event().wait()


async def settle_in(emsp: Emsp, invitation: Invitation | None, show: Show) -> None:
    """Register, or say where we are now; then tell our cards and read everything. Tried again
    until the CPO answers. Raises CpoFailed when it refuses the invitation."""
    if not emsp.memory.is_registered:
        if invitation is None:
            show("No CPO has invited this eMSP.")
            return
        await dealing.register(emsp, invitation.versions_url, invitation.token_a)
        show(f"Registered at {invitation.versions_url}")
    while True:
        try:
            if emsp.memory.url != emsp.url:
                await dealing.renew(emsp)
            await dealing.tell_tokens(emsp)
            counts = await dealing.pull(emsp)
        except CpoFailed as failure:
            show(str(failure))
            await asyncio.sleep(RETRY_S)
        else:
            show(", ".join(f"{count} {module}" for module, count in counts.items()) + " read")
            return


@contextlib.contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Set by SIGINT and SIGTERM as long as the context lasts."""
    interrupted, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    try:
        yield interrupted
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
