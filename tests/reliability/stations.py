"""Honest stations with an account of their own: they charge one car after the other, repeat what
got no answer under a new message id, and write down what was acknowledged."""

import asyncio
import base64
import itertools
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import websockets

from bench.load import ID_TAG, PASSWORD, identity

ANSWER_WITHIN_S = 20


@dataclass
class Account:
    """What one station was told: its transactions and readings, and every refusal."""

    transactions: list[tuple] = field(default_factory=list)
    readings: list[tuple] = field(default_factory=list)
    refusals: list[list] = field(default_factory=list)
    repeats: int = 0


class Station:
    def __init__(self, port, number, id_tag=ID_TAG):
        self.identity, self._id_tag = identity(number), id_tag
        self.account = Account()
        self._port = port
        self._socket = None
        self._ids = itertools.count(random.randrange(10**6))
        self._register = random.randrange(10**6)

    async def charge_until(self, enough):
        """Charge cars until `enough` is set; the last transaction is brought to its end."""
        while not enough.is_set():
            await self._charge()
        await self._socket.close()

    async def charge_times(self, times, pause_s):
        """Charge so many cars, with a pause after each; stays connected."""
        for _ in range(times):
            await self._tell("Charging")
            await self._charge()
            await self._tell("Available")
            await asyncio.sleep(pause_s)

    async def _tell(self, status):
        await self._ask("StatusNotification", connectorId=1, status=status, errorCode="NoError")

    async def leave(self):
        await self._socket.close()

    async def _charge(self):
        started, meter_start = now(), self._register
        answer = await self._ask(
            "StartTransaction",
            connectorId=1, idTag=self._id_tag, meterStart=meter_start, timestamp=started.isoformat(),
        )  # fmt: skip
        reference = answer["transactionId"]
        for _ in range(random.randint(1, 4)):
            await self._measure(reference)
            await asyncio.sleep(random.random() / 5)
        self._register += random.randint(1, 500)
        await self._ask(
            "StopTransaction",
            transactionId=reference, meterStop=self._register, timestamp=now().isoformat(),
        )  # fmt: skip
        entry = (self.identity, str(reference), started, meter_start, self._register)
        self.account.transactions.append(entry)

    async def _measure(self, reference):
        self._register += random.randint(1, 500)
        at = now()
        sample = {"value": str(self._register), "measurand": "Energy.Active.Import.Register"}
        await self._ask(
            "MeterValues",
            connectorId=1,
            transactionId=reference,
            meterValue=[{"timestamp": at.isoformat(), "sampledValue": [sample]}],
        )
        self.account.readings.append((self.identity, at, self._register, str(reference)))

    async def _ask(self, action, **payload):
        while True:
            try:
                if self._socket is None:
                    await self._connect()
                await self._socket.send(json.dumps([2, str(next(self._ids)), action, payload]))
                frame = json.loads(await asyncio.wait_for(self._socket.recv(), ANSWER_WITHIN_S))
            except (OSError, TimeoutError, websockets.WebSocketException):
                self._socket = None
                self.account.repeats += 1
                await asyncio.sleep(0.1 + random.random() / 2)
                continue
            if frame[0] == 3:
                return frame[2]
            self.account.refusals.append(frame)

    async def _connect(self):
        credentials = base64.b64encode(f"{self.identity}:{PASSWORD}".encode()).decode()
        self._socket = await websockets.connect(
            f"ws://127.0.0.1:{self._port}/ocpp/{self.identity}",
            additional_headers={"Authorization": f"Basic {credentials}"},
            subprotocols=["ocpp1.6"],
            open_timeout=ANSWER_WITHIN_S,
        )


def now():
    return datetime.now(UTC)
