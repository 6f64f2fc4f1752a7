"""What the server did about each rudeness, and whether that was right.

Right is: a CALLRESULT, a CALLERROR that names what was wrong, a refused handshake, a close with a
code. Wrong is whatever shows that the rudeness got through to somebody: an internal error, or a
well-behaved station (the canary) that waits or loses its connection.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cpms.simulation.rude import RUDENESSES, commit
from cpms.simulation.rude.door import Door
from cpms.simulation.rude.raw import RawSocket

CANARY_LIMIT_S = 1.0
INTERNAL_CLOSE = 1011
RESULT, ERROR = 3, 4

Canary = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answers` counts results and CALLERROR codes, `closed` close codes, `refused` HTTP statuses;
    `canary_s` is how long the well-behaved station waited (None: in vain)."""

    name: str
    seconds: float
    refused: dict[int, int]
    closed: dict[int, int]
    answers: dict[str, int]
    canary_s: float | None
    wrongs: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def line(self) -> str:
        """For a person."""
        parts = [f"HTTP {status} ×{times}" for status, times in self.refused.items()]
        parts += [f"{answer} ×{times}" for answer, times in self.answers.items()]
        parts += [f"closed {code} ×{times}" for code, times in self.closed.items()]
        word = "WRONG: " + "; ".join(self.wrongs) if self.wrongs else "fine"
        return f"{self.name:<28} {word:<6} {', '.join(parts) or 'nothing said'}"


async def observe(
    door: Door, canary: Canary, names: Sequence[str] = tuple(RUDENESSES)
) -> AsyncIterator[Verdict]:
    """Commit rudenesses one after the other, a fresh door for each; after every one the `canary`
    says something."""
    for name in names:
        fresh = replace(door, sockets=[], refusals=[])
        began_s = time.perf_counter()
        await commit(name, fresh)
        seconds = time.perf_counter() - began_s
        waited_s = await _wait(canary)
        yield _judge(name, fresh, round(seconds, 2), waited_s)


async def _wait(canary: Canary) -> float | None:
    began_s = time.perf_counter()
    try:
        async with asyncio.timeout(10 * CANARY_LIMIT_S):
            await canary()
    except Exception:  # noqa: BLE001 -- whatever kept it from being answered
        return None
    return time.perf_counter() - began_s


def _judge(name: str, door: Door, seconds: float, canary_s: float | None) -> Verdict:
    refused = Counter(door.refusals)
    closed = Counter(s.close_code for s in door.sockets if s.close_code is not None)
    answers = Counter(answer for socket in door.sockets for answer in _answers(socket))
    wrongs = [f"HTTP {status}" for status in refused if status >= 500 and status != 503]  # noqa: PLR2004 -- 503 asks to come later
    wrongs += ["internal error"] if answers["InternalError"] else []
    wrongs += ["closed with 1011"] if closed[INTERNAL_CLOSE] else []
    if canary_s is None:
        wrongs.append("the canary was not answered")
    elif canary_s > CANARY_LIMIT_S:
        wrongs.append(f"the canary waited {canary_s:.1f} s")
    return Verdict(
        name=name,
        seconds=seconds,
        refused=dict(refused),
        closed=dict(closed),
        answers=dict(answers),
        canary_s=None if canary_s is None else round(canary_s, 4),
        wrongs=tuple(wrongs),
    )


def _answers(socket: RawSocket) -> list[str]:
    frames = [f for f in socket.heard if isinstance(f, list) and len(f) > 2]  # noqa: PLR2004
    results = ["CALLRESULT" for frame in frames if frame[0] == RESULT]
    return results + [str(frame[2]) for frame in frames if frame[0] == ERROR]
