"""A Modbus TCP connection to one device: registers in and out, faults as three errors."""

import asyncio
import logging
from collections.abc import Sequence

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from cpms import egress

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # it dumps frames; we tell why

TIMEOUT_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


class NoAnswer(Exception):
    """Nobody is there, or they do not answer in time."""


class ExceptionAnswer(Exception):
    """The device refuses: a Modbus exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"Modbus exception {code}")


class Link:
    """One connection, opened again after a growing pause when it breaks."""

    def __init__(self, host: str, port: int, unit_id: int) -> None:
        self._host, self._port, self._unit_id = host, port, unit_id
        self._client: AsyncModbusTcpClient | None = None
        self._pause_s = FIRST_PAUSE_S
        self._not_before = 0.0

    @property
    def is_open(self) -> bool:
        return self._client is not None and self._client.connected

    async def open(self) -> None:
        """Raises EgressRefused for an address we may not connect to, NoAnswer."""
        now = asyncio.get_running_loop().time()
        if now < self._not_before:
            raise NoAnswer("it is tried again later")
        self.close()
        self._not_before = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        try:
            address = await asyncio.to_thread(egress.reachable, self._host, self._port)
        except egress.EgressFailed as fault:
            raise NoAnswer(fault.text) from fault
        client = AsyncModbusTcpClient(
            address, port=self._port, timeout=TIMEOUT_S, retries=0, reconnect_delay=0
        )
        self._client = client
        if not await client.connect():
            self.close()
            raise NoAnswer("no connection")
        self._pause_s, self._not_before = FIRST_PAUSE_S, 0.0

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def read(self, address: int, count: int, *, space: str = "holding") -> list[int]:
        """Raises NoAnswer, ExceptionAnswer."""
        client = self._open_client()
        ask = client.read_input_registers if space == "input" else client.read_holding_registers
        try:
            answer = await ask(address, count=count, device_id=self._unit_id)
        except ModbusException as fault:
            self.close()
            raise NoAnswer(str(fault)) from fault
        if answer.isError():
            raise ExceptionAnswer(getattr(answer, "exception_code", 0))
        if len(answer.registers) != count:
            raise NoAnswer(f"{len(answer.registers)} registers instead of {count}")
        return list(answer.registers)

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Raises NoAnswer, ExceptionAnswer."""
        client = self._open_client()
        try:
            answer = await client.write_registers(address, list(words), device_id=self._unit_id)
        except ModbusException as fault:
            self.close()
            raise NoAnswer(str(fault)) from fault
        if answer.isError():
            raise ExceptionAnswer(getattr(answer, "exception_code", 0))

    def _open_client(self) -> AsyncModbusTcpClient:
        if self._client is None or not self._client.connected:
            raise NoAnswer("the connection broke")
        return self._client
