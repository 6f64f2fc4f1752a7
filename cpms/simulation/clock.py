"""The simulated world's time."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """UTC that runs `speed` times as fast, from `behind` until it catches up with the present.

    A sped-up world therefore lives in the past: no station ever reports from the future. Having
    caught up it runs at the pace of real time.
    """

    def __init__(self, speed: float = 1.0, behind: timedelta = timedelta(0)) -> None:
        self.speed = speed
        self._origin = datetime.now(UTC) - behind
        self._started_s = time.monotonic()

    def now(self) -> datetime:
        present = datetime.now(UTC)
        elapsed = timedelta(seconds=(time.monotonic() - self._started_s) * self.speed)
        return min(present, self._origin + elapsed)

    @property
    def pace(self) -> float:
        """Simulated seconds per real second, now."""
        late = datetime.now(UTC) - self.now() > timedelta(milliseconds=50)
        return self.speed if late else min(self.speed, 1.0)

    async def sleep(self, seconds: float) -> None:
        """Sleep for simulated seconds."""
        await self.sleep_until(self.now() + timedelta(seconds=seconds))

    async def sleep_until(self, instant: datetime) -> None:
        while (left_s := (instant - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 -- the pace changes
            await asyncio.sleep(left_s / self.pace)

    async def wait(self, event: asyncio.Event, until: datetime) -> bool:
        """Wait for `event`, at most `until`; tells whether it came."""
        while not event.is_set() and (left_s := (until - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(left_s / self.pace):
                    await event.wait()
            except TimeoutError:
                continue
        return event.is_set()


class WrongClock(Clock):
    """The clock of a station that nobody set right: `world` time plus `drift`."""

    def __init__(self, world: Clock, drift: timedelta) -> None:
        super().__init__(world.speed)
        self._world = world
        self.drift = drift

    def now(self) -> datetime:
        return self._world.now() + self.drift

    @property
    def pace(self) -> float:
        return self._world.pace


def timestamp(instant: datetime) -> str:
    """As OCPP-J writes a time: UTC, milliseconds, Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def instant(text: str) -> datetime:
    """A time off the wire; one without zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
