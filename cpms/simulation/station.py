"""A charging station: an honest OCPP 1.6-J client.

It dials, registers, tells its statuses, delivers what it owes, beats its heart, answers what it
is asked, and when the connection goes it charges on and dials again. What it does with cars is
in `charging.py`, what it answers in `answers/`.
"""

import asyncio
import base64
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from cpms.simulation import ledger
from cpms.simulation.answers import ANSWERS
from cpms.simulation.chance import dice
from cpms.simulation.charging import Charging
from cpms.simulation.clock import Clock
from cpms.simulation.configuration import Configuration
from cpms.simulation.link import Link, Lost, Payload, Refused, TimedOut
from cpms.simulation.measuring import Measuring
from cpms.simulation.memory import Memory, Message
from cpms.simulation.outbox import Outbox
from cpms.simulation.statuses import Statuses
from cpms.simulation.world import StationSpec, World

SUBPROTOCOL = Subprotocol("ocpp1.6")
UNAUTHORIZED = 401
POLICY_VIOLATION = 1008
POLICY_PAUSE_S = 10.0
LARGEST_MESSAGE = 1 << 20
BOOT_RETRY_S = 10


class Station:
    """`async with Station(spec, world) as station` connects it and keeps it connected.

    `memory` is what it kept from an earlier life; `clock` its own idea of the time.
    """

    def __init__(
        self,
        spec: StationSpec,
        world: World,
        memory: Memory | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.spec, self.world = spec, world
        self.clock = clock or world.clock
        self.dice = dice((world.seed, spec.identity))
        self.memory = memory or Memory(key=spec.password, configuration=dict(world.presets))
        self.configuration = Configuration(self.memory.configuration, len(spec.outlets))
        self.outbox = Outbox(self.memory, self.configuration, self._deliver, self._settled)
        self.charging = Charging(self)
        self.statuses = Statuses(self)
        self.measuring = Measuring(self)
        self.link: Link | None = None
        self.registration = ""
        self.was_accepted = False
        self.registered = asyncio.Event()
        self.boot_now = asyncio.Event()
        self.heartbeat_changed = asyncio.Event()
        self.answers_to_lose: Counter[str] = Counter()
        self.firmware_status = self.diagnostics_status = "Idle"
        self._reachable = asyncio.Event()
        self._reachable.set()
        self._dark_s = 0.0
        self._run = secrets.token_hex(4)
        self._calls = 0
        self._afterwards: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def identity(self) -> str:
        return self.spec.identity

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def start(self) -> None:
        """Switch the power on."""
        self.charging.power_up()
        self.spawn(self.measuring.read_by_the_clock())
        self.spawn(self._live())

    async def stop(self) -> None:
        """Switch the power off: nothing more is said, `memory` keeps what is owed."""
        self.charging.remember_meters()
        if self.link is not None:
            self.link.cut()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` run as long as the station has power."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._complain(fault)

    def _complain(self, fault: BaseException) -> None:
        """A bug of ours, or an answer of the CSMS that lacks what it must hold."""
        while isinstance(fault, BaseExceptionGroup):
            fault = fault.exceptions[0]
        self.world.tally.errors[type(fault).__name__] += 1
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"simulated station {self.identity} failed", "exception": fault}
        )

    def afterwards(self, deed: Callable[[], None]) -> None:
        """Do it once the answer that is being made has left."""
        self._afterwards.append(deed)

    # --- what happens to a station ---

    def cut(self) -> None:
        """The connection dies; the station dials again."""
        if self.link is not None:
            self.link.cut()
            self.link = None

    def go_offline(self, seconds: float) -> None:
        """No network for a while (real seconds); charging goes on."""
        self._reachable.clear()
        self.cut()
        asyncio.get_running_loop().call_later(seconds, self.go_online)

    def go_online(self) -> None:
        """The network is back."""
        self._reachable.set()

    async def reboot(self, reason: str, *, gracefully: bool = False) -> None:
        """Start anew: transactions end with `reason`, told before the reboot when `gracefully`,
        afterwards otherwise."""
        if gracefully:
            self.charging.end_all(reason)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.world.manners.drain_s):
                    await self.outbox.drained()
        self.registration = ""
        self.statuses.forget()
        self._dark_s = self.world.manners.boot_s
        if reason == "PowerLoss":
            self.cut()
        else:
            await self.hang_up()
        self.charging.end_all(reason)

    async def hang_up(self) -> None:
        """Close the connection in good order; the station dials again at once."""
        if self.link is not None:
            await self.link.close()

    # --- the connection ---

    async def _live(self) -> None:
        failures = 0
        while True:
            await self._reachable.wait()
            least_s = 0.0
            try:
                async with self.world.dial_slots:
                    socket = await self._dial()
            except (OSError, WebSocketException, EOFError) as fault:
                least_s = self._learn_from(fault)
            else:
                self.memory.former_key = ""
                was_registered, code = await self._hold(socket)
                failures = 0 if was_registered else failures
                least_s = POLICY_PAUSE_S if code == POLICY_VIOLATION else 0.0
            if self._dark_s:
                await asyncio.sleep(self._dark_s)
                self._dark_s = 0.0
                continue
            failures += 1
            wait_s = self.world.manners.backoff.wait_s(failures - 1, self.dice)
            await asyncio.sleep(max(least_s, wait_s))

    async def _dial(self) -> ClientConnection:
        self.world.tally.dialled += 1
        secret = f"{self.identity}:{self.memory.key}".encode()
        credentials = base64.b64encode(secret).decode()
        ping_s = self.configuration.number("WebSocketPingInterval")
        return await connect(
            self.world.url.replace("{identity}", quote(self.identity, safe="")),
            subprotocols=[SUBPROTOCOL],
            additional_headers={"Authorization": f"Basic {credentials}"},
            compression=None,
            proxy=None,
            open_timeout=self.world.manners.dial_timeout_s,
            close_timeout=2,
            ping_interval=ping_s or None,
            ping_timeout=30,
            max_size=LARGEST_MESSAGE,
        )

    def _learn_from(self, fault: Exception) -> float:
        """Count why dialling failed; returns how long to wait at least."""
        if not isinstance(fault, InvalidStatus):
            name = "handshake" if isinstance(fault, InvalidHandshake) else type(fault).__name__
            self.world.tally.errors[name] += 1
            return 0.0
        response = fault.response
        self.world.tally.errors[f"http_{response.status_code}"] += 1
        if response.status_code == UNAUTHORIZED and self.memory.former_key:
            self.memory.key, self.memory.former_key = self.memory.former_key, self.memory.key
        after = response.headers.get("Retry-After", "")
        return float(after) if after.isdecimal() else 0.0

    async def _hold(self, socket: ClientConnection) -> tuple[bool, int]:
        """Live on this socket until it closes. Tells whether the CSMS accepted us, and the code."""
        timeout_s = self.world.manners.call_timeout_s
        link = Link(socket, self._answer, self._answered, timeout_s, self.answers_to_lose)
        self.link = link
        work = asyncio.create_task(self._work())
        work.add_done_callback(lambda _: link.cut())
        try:
            code = await link.listen()
            self.world.tally.closed[str(code)] += 1
            return self.registered.is_set(), code
        finally:
            self.link = None
            self.registered.clear()
            link.cut()
            work.cancel()
            (fault,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(fault, Exception):
                self._complain(fault)

    async def _work(self) -> None:
        try:
            await self._register()
            self.registered.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.statuses.tell())
                tasks.create_task(self.outbox.pump())
                tasks.create_task(self._beat())
        except* Lost:
            pass  # `_hold` saw the socket close

    async def _register(self) -> None:
        """Boot until accepted (§4.2). A mere reconnection needs no boot."""
        while self.registration != "Accepted":
            try:
                wait_s = await self.boot()
            except (Refused, TimedOut):
                wait_s = BOOT_RETRY_S
            if self.registration != "Accepted":
                self.boot_now.clear()
                try:
                    async with asyncio.timeout(wait_s or BOOT_RETRY_S):
                        await self.boot_now.wait()
                except TimeoutError:
                    continue

    async def boot(self) -> int:
        """Send BootNotification and take the answer to heart; returns the interval in seconds."""
        answer = await self.call(
            "BootNotification",
            {
                "chargePointVendor": self.spec.vendor,
                "chargePointModel": self.spec.model,
                "chargePointSerialNumber": self.spec.serial_number,
                "firmwareVersion": self.spec.firmware,
                "meterType": "Simulated",
            },
        )
        self.registration = str(answer.get("status", ""))
        interval_s = int(answer.get("interval", 0))
        self.was_accepted |= self.registration == "Accepted"
        if self.registration == "Accepted" and interval_s > 0:
            self.configuration.change("HeartbeatInterval", str(interval_s))
            self.heartbeat_changed.set()
        return interval_s

    async def _beat(self) -> None:
        while True:
            interval_s = self.configuration.number("HeartbeatInterval")
            self.heartbeat_changed.clear()
            try:
                async with asyncio.timeout(interval_s or None):
                    await self.heartbeat_changed.wait()
            except TimeoutError:
                await self.attempt("Heartbeat", {})

    # --- messages ---

    async def call(self, action: str, payload: Payload, message: Message | None = None) -> Payload:
        """Send one CALL and wait for its answer. Raises Refused, TimedOut or Lost."""
        link = self.link
        if link is None:
            raise Lost("offline")
        async with link.turn:
            self._calls += 1
            message_id = f"{self._run}-{self._calls}"
            entry = f"{self._run}-t{message.number}" if message else message_id
            facts = {"station": self.identity, "entry": entry, "message_id": message_id}
            await self._intend(facts, action, payload, message)
            return await self._exchange(link, facts, action, payload)

    async def attempt(self, action: str, payload: Payload) -> None:
        """Send what may go unheard. Raises Lost only."""
        try:
            await self.call(action, payload)
        except (Refused, TimedOut):
            return

    async def _intend(
        self, facts: dict[str, str], action: str, payload: Payload, message: Message | None
    ) -> None:
        self.world.tally.sent[action] += 1
        if self.world.ledger is not None:
            transaction = message.transaction if message else None
            self.world.ledger.note(
                ledger.INTENT,
                **facts,
                action=action,
                connector=payload.get("connectorId"),
                local_transaction=transaction,
                payload=payload,
            )
            await self.world.ledger.durable()

    async def _exchange(
        self, link: Link, facts: dict[str, str], action: str, payload: Payload
    ) -> Payload:
        tally, began_s = self.world.tally, time.perf_counter()
        try:
            answer = await link.call(facts["message_id"], action, payload)
        except Refused as refusal:
            tally.refused[action] += 1
            tally.errors[refusal.code] += 1
            await self._outcome(ledger.REFUSED, facts, code=refusal.code)
            raise
        except TimedOut:
            tally.timed_out[action] += 1
            await self._outcome(ledger.UNKNOWN, facts)
            raise
        except (Lost, asyncio.CancelledError):
            tally.lost[action] += 1
            if self.world.ledger is not None:
                self.world.ledger.note(ledger.UNKNOWN, **facts)
            raise
        tally.acknowledged[action] += 1
        tally.waits_s.append(time.perf_counter() - began_s)
        await self._outcome(ledger.ACKED, facts, answer=answer)
        return answer

    async def _outcome(self, event: str, facts: dict[str, str], **more: Any) -> None:
        if self.world.ledger is not None:
            self.world.ledger.note(event, **facts, **more)
            await self.world.ledger.durable()

    async def _deliver(self, message: Message, payload: Payload) -> Payload:
        return await self.call(message.action, payload, message)

    def _settled(self, message: Message, answer: Payload | None) -> None:
        if answer is None:
            self.world.tally.given_up[message.action] += 1
        self.charging.hear(message, answer)

    def _answer(self, action: str, payload: Payload) -> Payload | None:
        """What the station says to the CSMS; silent while rejected (§4.2)."""
        if self.registration == "Rejected":
            return None
        self.world.tally.served[action if action in ANSWERS else "unknown"] += 1
        if action not in ANSWERS:
            raise Refused("NotImplemented", f"{action[:50]} is not known here")
        return ANSWERS[action](self, payload)

    def _answered(self) -> None:
        deeds, self._afterwards = self._afterwards, []
        for deed in deeds:
            deed()
