"""The writer: facts of all stations of this process, committed together.

Self-clocking: while one transaction runs, the next batch gathers; no timer decides. Who gave a
fact waits for its COMMIT, and only then is the station answered. A fact that the database
refuses fails alone: its batch is split until it stands by itself.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from msgspec import Struct

from booking.domain.facts import MeterReading
from booking.services import ingest as booking_ingest
from cpms.kernel import events
from ocpp_gateway import metrics
from ocpp_gateway.database import RACES, Connection, connect, cut
from stations.domain.facts import (
    BootReport,
    DeviceStatusReport,
    Disconnection,
    Exchange,
    QuirkUse,
    Seen,
    StatusReport,
)
from stations.services import ingest as stations_ingest

log = logging.getLogger(__name__)

LARGEST_BATCH = 2_000
LONGEST_QUEUE = 20_000
LINGER_S = 1.0  # how long what nobody waits for may gather on a quiet gateway …
EXTRAS_EVERY_S = 0.25  # … and on a busy one
SEEN_EVERY_S = 5.0
RETRY_S = 0.5
STATEMENT_TIMEOUT_MS = 15_000
COMMIT_WITHIN_S = 20.0  # then the server itself has fallen silent
MOST_RACES_LOST = 3
MOST_LOGGED_CHARACTERS = 16_000_000  # of exchanges that wait for the database

Fact = MeterReading | BootReport | StatusReport | DeviceStatusReport


class NotStored(Exception):
    """The fact is not in the database: it must not be acknowledged."""


class StaleSocket(NotStored):
    """It came over a socket that was replaced."""


class Refused(NotStored):
    """The database refused this fact by itself."""


class Entry(Struct):
    """Facts of one message and who waits for them."""

    facts: Sequence[Fact]
    stored: "asyncio.Future[None]"


@dataclass(slots=True)
class Extras:
    """What rides along and nobody waits for."""

    exchanges: list[Exchange] = field(default_factory=list)
    quirks: list[QuirkUse] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    left: list[Disconnection] = field(default_factory=list)
    logged_characters: int = 0

    def __bool__(self) -> bool:
        return bool(self.exchanges or self.quirks or self.seen or self.left)


class Writer:
    """One per process, with one database connection of its own."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._extras = Extras()
        self._extras_due_at = 0.0
        self._seen: dict[int, tuple[int, datetime]] = {}  # by station: epoch, when
        self._wanted = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="ocpp-writer")

    async def stop(self) -> None:
        """Commit what is there and end."""
        self._stopping = True
        self._wanted.set()
        if self._task is not None:
            await self._task

    async def store(self, facts: Sequence[Fact]) -> None:
        """Return when `facts` are committed. Raises NotStored. A full queue makes the caller,
        and so its station, wait: memory stays bounded."""
        if not facts:
            return
        if not self._room.is_set():
            await self._room.wait()
        stored = asyncio.get_running_loop().create_future()
        self._entries.append(Entry(facts, stored))
        if len(self._entries) >= LONGEST_QUEUE:
            self._room.clear()
        self._wanted.set()
        await stored

    def note(self, exchange: Exchange) -> None:
        """Log an exchange with the next batch; under pressure the log gives way, not the facts."""
        extras = self._extras
        extras.logged_characters += len(exchange.request) + len(exchange.answer or "")
        if (
            len(extras.exchanges) < LONGEST_QUEUE
            and extras.logged_characters < MOST_LOGGED_CHARACTERS
        ):
            extras.exchanges.append(exchange)
        else:
            metrics.LOG_DROPPED.inc()

    def note_quirk(self, use: QuirkUse) -> None:
        if len(self._extras.quirks) < LONGEST_QUEUE:
            self._extras.quirks.append(use)

    def note_seen(self, station_id: int, epoch: int, at: datetime) -> None:
        self._seen[station_id] = (epoch, at)

    def note_left(self, gone: Disconnection) -> None:
        """A socket ended: written soon, and again after an outage of the database."""
        self._extras.left.append(gone)
        self._wanted.set()

    def is_healthy(self) -> bool:
        return self._connection is not None and not self._connection.closed

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_seen = loop.time() + SEEN_EVERY_S
        while not self._stopping:
            timer = loop.call_later(LINGER_S, self._wanted.set)
            await self._wanted.wait()
            timer.cancel()
            self._wanted.clear()
            if loop.time() >= next_seen or self._stopping:
                self._extras.seen = [Seen(station, *seen) for station, seen in self._seen.items()]
                self._seen = {}
                next_seen = loop.time() + SEEN_EVERY_S
            await self._write_all()
        await self._write_all()  # what came while the last batch was written
        if self._connection is not None:
            await self._connection.close()

    async def _write_all(self) -> None:
        while (extras := self._due_extras()) or self._entries:
            batch, self._entries = self._entries[:LARGEST_BATCH], self._entries[LARGEST_BATCH:]
            self._room.set()
            metrics.BATCH.observe(len(batch))
            try:
                await self._commit_in_time(batch, extras)
            except Exception as fault:  # noqa: BLE001 -- the writer lives on, whatever it was
                self._extras.left[:0] = extras.left
                await self._give_up(batch, fault)
                return

    def _due_extras(self) -> Extras:
        """What rides along now: not with every small batch, but a disconnection at once."""
        now, extras = asyncio.get_running_loop().time(), self._extras
        is_due = self._stopping or extras.left or now >= self._extras_due_at
        if not extras or not (is_due or len(extras.exchanges) >= LARGEST_BATCH):
            return Extras()
        self._extras, self._extras_due_at = Extras(), now + EXTRAS_EVERY_S
        return extras

    async def _give_up(self, batch: list[Entry], fault: Exception) -> None:
        """The database is away: nobody is answered; the stations keep what they have."""
        log.error("database away", extra={"fault": str(fault), "unanswered": len(batch)})
        for entry in batch:
            _fail(entry, NotStored("database away"))
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        await asyncio.sleep(0 if self._stopping else RETRY_S)

    async def _commit_in_time(self, batch: list[Entry], extras: Extras) -> None:
        """A server that answers nothing, not even that a statement took too long, is away."""
        if self._connection is None or self._connection.closed:
            self._connection = await connect()
            await self._connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
            await self._connection.commit()
        watch = asyncio.get_running_loop().call_later(COMMIT_WITHIN_S, cut, self._connection)
        try:
            await self._commit(batch, extras)
        finally:
            watch.cancel()

    async def _commit(self, batch: list[Entry], extras: Extras, races_lost: int = 0) -> None:
        """One transaction for the batch; again when it lost a race for locks, split when a fact
        cannot be stored."""
        assert self._connection is not None
        try:
            with metrics.COMMIT_SECONDS.time():
                async with self._connection.transaction():
                    live, news = await self._store_facts(batch)
                    news += await self._store_extras(extras)
        except RACES:
            if races_lost == MOST_RACES_LOST:
                raise
            await self._commit(batch, extras, races_lost + 1)
            return
        except (psycopg.OperationalError, OSError):
            raise
        except Exception as fault:  # noqa: BLE001 -- one fact is nonsense, not all of them
            await self._isolate(batch, extras, fault)
            return
        for entry in live:
            if not entry.stored.done():
                entry.stored.set_result(None)
        for event in news:
            events.deliver(event)

    async def _isolate(self, batch: list[Entry], extras: Extras, fault: Exception) -> None:
        if extras.exchanges or extras.quirks:
            log.error("message log refused", extra={"fault": str(fault)})
            await self._commit(batch, Extras(seen=extras.seen, left=extras.left))
        elif len(batch) == 1:
            log.error("fact refused", extra={"fault": str(fault)})
            metrics.REFUSED.inc()
            _fail(batch[0], Refused(str(fault)))
        elif batch:
            middle = len(batch) // 2
            await self._commit(batch[:middle], extras)
            await self._commit(batch[middle:], Extras())
        else:
            log.error("extras refused", extra={"fault": str(fault)})

    async def _store_facts(self, batch: list[Entry]) -> tuple[list[Entry], list[object]]:
        assert self._connection is not None
        if not batch:
            return [], []
        live = await self._fenced(batch)
        facts = [fact for entry in live for fact in entry.facts]
        readings = [fact for fact in facts if type(fact) is MeterReading]
        statuses = [fact for fact in facts if type(fact) is StatusReport]
        boots = [fact for fact in facts if type(fact) is BootReport]
        devices = [fact for fact in facts if type(fact) is DeviceStatusReport]
        news: list[object] = []
        if readings:
            news += await booking_ingest.store_meter_readings(self._connection, readings)
        if statuses:
            news += await stations_ingest.store_statuses(self._connection, statuses)
        if boots:
            news += await stations_ingest.store_boots(self._connection, boots)
        if devices:
            await stations_ingest.store_device_statuses(self._connection, devices)
        return live, news

    async def _fenced(self, batch: list[Entry]) -> list[Entry]:
        """Without what came over replaced sockets."""
        assert self._connection is not None
        epochs = await stations_ingest.present_epochs(
            self._connection, (fact.station_id for entry in batch for fact in entry.facts[:1])
        )
        live = []
        for entry in batch:
            first = entry.facts[0]
            if epochs.get(first.station_id) == first.epoch:
                live.append(entry)
            else:
                _fail(entry, StaleSocket())
        return live

    async def _store_extras(self, extras: Extras) -> list[object]:
        assert self._connection is not None
        news: list[object] = []
        if extras.seen:
            await stations_ingest.store_last_seen(self._connection, extras.seen)
        if extras.left:
            news += await stations_ingest.store_disconnections(self._connection, extras.left)
        if extras.quirks:
            await stations_ingest.store_quirks(self._connection, extras.quirks)
        if extras.exchanges:
            await stations_ingest.store_exchanges(self._connection, extras.exchanges)
        return news


def _fail(entry: Entry, why: NotStored) -> None:
    if not entry.stored.done():
        entry.stored.set_exception(why)
