"""Stations that break every rule they can. The CSMS may close their sockets; nothing else may
change because of them: no other station, no session, no page.

Each rudeness is a coroutine of a `Door`, listed by name in `RUDENESSES`.
"""

import asyncio

from cpms.simulation.rude import conduct, envelopes, frames, payloads
from cpms.simulation.rude.door import Door, Rudeness
from cpms.simulation.rude.raw import HandshakeRefused, RawSocket

RUDENESSES: dict[str, Rudeness] = {
    **frames.RUDENESSES,
    **envelopes.RUDENESSES,
    **payloads.RUDENESSES,
    **conduct.RUDENESSES,
}

__all__ = ["RUDENESSES", "Door", "HandshakeRefused", "RawSocket", "commit", "misbehave"]

PAUSE_S = 0.5
REFUSED_PAUSE_S = 5.0


async def commit(name: str, door: Door) -> None:
    """Commit one rudeness and leave. A door slammed in the face is no error."""
    try:
        await RUDENESSES[name](door)
    except (OSError, EOFError, HandshakeRefused):
        pass
    finally:
        door.leave()


async def misbehave(door: Door) -> None:
    """Commit all of them, again and again."""
    while True:
        for name in RUDENESSES:
            before = door.opened
            await commit(name, door)
            await asyncio.sleep(PAUSE_S if door.opened > before else REFUSED_PAUSE_S)
