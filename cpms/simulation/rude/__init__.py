"""A station that breaks every rule it can. The CSMS may close its sockets; nothing else may
change because of it: no other station, no session, no page.

Each rudeness is a coroutine of a `Door`, listed by name in `RUDENESSES`.
"""

from cpms.simulation.rude import conduct, envelopes, frames, payloads
from cpms.simulation.rude.door import Door, Rudeness
from cpms.simulation.rude.raw import HandshakeRefused, RawSocket

RUDENESSES: dict[str, Rudeness] = {
    **frames.RUDENESSES,
    **envelopes.RUDENESSES,
    **payloads.RUDENESSES,
    **conduct.RUDENESSES,
}

__all__ = ["RUDENESSES", "Door", "HandshakeRefused", "RawSocket", "commit"]


async def commit(name: str, door: Door) -> None:
    """Commit one rudeness and leave. A door slammed in the face is no error."""
    try:
        await RUDENESSES[name](door)
    except (OSError, EOFError, HandshakeRefused):
        pass
    finally:
        await door.leave()
