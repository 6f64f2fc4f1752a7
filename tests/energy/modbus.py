"""Devices on real Modbus TCP: a pymodbus server whose registers lie as pysunspec2's models say.

Time in a battery passes only by `pass_time`, so that nothing here waits.
"""

import json
import struct
from contextlib import asynccontextmanager
from pathlib import Path

import sunspec2
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

MODELS = Path(sunspec2.__file__).parent / "models" / "json"
FORMAT = {"int16": ">h", "sunssf": ">h", "uint16": ">H", "enum16": ">H", "bitfield16": ">H",
          "uint32": ">I", "acc32": ">I", "bitfield32": ">I", "int32": ">i", "uint64": ">Q"}  # fmt: skip
NOT_THERE = {">h": -0x8000, ">H": 0xFFFF, ">I": 0xFFFFFFFF, ">i": -0x80000000, ">Q": 2**64 - 1}
WRITES = (6, 16)


class Registers:
    """A chain of SunSpec models in registers from `base` on; points are read and set by name."""

    def __init__(self, numbers, base=40_000):
        self.base, self.words, self.places = base, [0x5375, 0x6E53], {}
        for number in numbers:
            self._add(number)
        self.words += [0xFFFF, 0]

    def _add(self, number):
        points = json.loads((MODELS / f"model_{number}.json").read_text())["group"]["points"]
        begins = len(self.words)
        for point in points:
            form = FORMAT.get(point["type"])
            self.places[number, point["name"]] = (len(self.words), form)
            empty = [0xFFFF] * point["size"] if form is None else _words(form, NOT_THERE[form])
            self.words += empty
        self[number, "ID"] = number
        self[number, "L"] = len(self.words) - begins - 2

    def __setitem__(self, key, number):
        place, form = self.places[key]
        new = _words(form, number)
        self.words[place : place + len(new)] = new

    def __getitem__(self, key):
        place, form = self.places[key]
        size = struct.calcsize(form) // 2
        return struct.unpack(form, struct.pack(f">{size}H", *self.words[place : place + size]))[0]


def _words(form, number):
    data = struct.pack(form, number)
    return [high << 8 | low for high, low in zip(data[::2], data[1::2], strict=True)]


class Battery:
    """200 kWh, 100 kW, half full, by 701, 702, 704, 713 and 802. `counts` -1: the other way
    round. `refuses`: an exception code for everything; `is_mute`: no answer at all."""

    def __init__(self, counts=1, capacity_kwh=200.0, models=(1, 701, 702, 704, 713, 802)):
        self.registers = Registers(models)
        self.counts, self.capacity_kwh, self.soc = counts, capacity_kwh, 0.5
        self.refuses = None
        self.is_mute = False
        self.writes = []
        self._reverts_in = None
        held = self.registers
        for key, number in {
            (701, "W_SF"): 1, (701, "TotWh_SF"): 0, (701, "St"): 1, (701, "ConnSt"): 1,
            (701, "Alrm"): 0, (701, "TotWhInj"): 0, (701, "TotWhAbs"): 0,
            (702, "W_SF"): 1, (702, "WMaxRtg"): 10_000, (702, "WChaRteMaxRtg"): 10_000,
            (702, "WDisChaRteMaxRtg"): 10_000, (704, "WSet_SF"): 1, (704, "WSetEna"): 0,
            (704, "WSet"): 0, (713, "Pct_SF"): -2, (713, "WH_SF"): 2, (713, "Sta"): 0,
            (802, "LocRemCtl"): 0, (802, "State"): 3, (802, "Evt1"): 0,
        }.items():  # fmt: skip
            if key in held.places:
                held[key] = number
        self._show()

    @property
    def told_w(self):
        """What its set-point register says, in W as it counts; 0 while that is off."""
        held = self.registers
        return held[704, "WSet"] * 10 if held[704, "WSetEna"] == 1 else 0

    def pass_time(self, seconds):
        """It does what it was told; with its reversion time over, nothing."""
        held = self.registers
        does = seconds if self._reverts_in is None else min(seconds, self._reverts_in)
        discharged_kwh = self.told_w * self.counts / 1000 * does / 3600
        self.soc -= discharged_kwh / self.capacity_kwh
        counter = "TotWhInj" if self.told_w > 0 else "TotWhAbs"
        held[701, counter] += abs(round(discharged_kwh * 1000))
        if self._reverts_in is not None:
            self._reverts_in -= seconds
            if self._reverts_in <= 0:
                self._reverts_in = None
                held[704, "WSet"] = held[704, "WSetRvrt"]
        self._show()

    def _show(self):
        self.registers[701, "W"] = self.told_w // 10
        self.registers[713, "SoC"] = round(self.soc * 10_000)
        self.registers[713, "WHAvail"] = round(self.soc * self.capacity_kwh * 10)

    async def act(self, function, start, address, count, current, new):
        """Pymodbus asks here for every request."""
        if self.refuses is not None:
            return self.refuses
        place = address - self.registers.base
        if function in WRITES and new is not None:
            self.writes.append((address, list(new)))
            self.registers.words[place : place + len(new)] = new
            held = self.registers
            if held[704, "WSetEnaRvrt"] == 1:
                self._reverts_in = held[704, "WSetRvrtTms"]
            self._show()
        offset = address - start
        current[offset : offset + count] = self.registers.words[place : place + count]
        return None

    def device(self):
        base, size = self.registers.base, len(self.registers.words)
        data = SimData(base, values=0, count=size, datatype=DataType.REGISTERS)
        return SimDevice(id=1, simdata=[data], action=self.act)


@asynccontextmanager
async def serving(device, port=0, trace=None):
    """The device on a port of the loopback; gives the port."""
    server = ModbusTcpServer(
        device.device(), address=("127.0.0.1", port), trace_pdu=getattr(device, "trace", None)
    )
    await server.listen()
    try:
        yield server.transport.sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


REFUSED = ExcCodes.DEVICE_FAILURE
