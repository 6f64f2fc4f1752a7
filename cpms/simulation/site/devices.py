"""A battery, photovoltaics and a meter: what they do each second, and what they say of it."""

import math
from collections.abc import Callable
from datetime import datetime

from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from cpms.simulation.site import registers as sunspec
from cpms.simulation.site.registers import BASE, Registers

WRITES = (6, 16)
S_PER_H = 3600.0
SUNRISE_H, SUNSET_H = 6.0, 20.0
CONNECTED, ON, REMOTE, LOCAL = 3, 1, 0, 1


class Device:
    """Answers Modbus requests from its registers. `is_mute`: it has been cut off; `refuses`: it
    answers everything with an exception."""

    def __init__(self, held: Registers) -> None:
        self.held = held
        self.refuses = False

    def written(self) -> None:
        """Somebody wrote into its registers."""

    async def act(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        current: list[int],
        new: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if self.refuses:
            return ExcCodes.DEVICE_FAILURE
        place = address - BASE
        if function in WRITES and new is not None:
            self.held.words[place : place + len(new)] = [int(word) for word in new]
            self.written()
        current[address - start : address - start + count] = self.held.words[place : place + count]
        return None

    def served(self) -> SimDevice:
        size = len(self.held.words)
        data = SimData(BASE, values=0, count=size, datatype=DataType.REGISTERS)
        return SimDevice(id=1, simdata=[data], action=self.act)


class Battery(Device):
    """By SunSpec 701, 702, 704, 713 and 802. Power in kW, positive when it discharges."""

    def __init__(self, capacity_kwh: float = 200, rated_kw: float = 100, soc: float = 0.5) -> None:
        super().__init__(
            Registers(
                [
                    sunspec.COMMON, sunspec.AC_MEASURE, sunspec.RATINGS, sunspec.CONTROLS,
                    sunspec.STORAGE, sunspec.BATTERY,
                ]
            )
        )  # fmt: skip
        self.capacity_kwh, self.rated_kw, self.soc = capacity_kwh, rated_kw, soc
        self.efficiency = 0.95
        self.power_kw = self._wanted_kw = 0.0
        self.shown_soc: float | None = None  # a lie, where there is one
        self._reverts_in_s = 0.0
        self._in_wh = self._out_wh = 0.0
        held = self.held
        held.put(701, St=ON, InvSt=CONNECTED, ConnSt=ON, Alrm=0, W_SF=1, TotWh_SF=0)
        held.put(702, W_SF=1, WMaxRtg=rated_kw * 100, WChaRteMaxRtg=rated_kw * 100,
                 WDisChaRteMaxRtg=rated_kw * 100)  # fmt: skip
        held.put(704, WSetEna=0, WSet=0, WSet_SF=1)
        held.put(713, WHRtg=capacity_kwh * 10, WH_SF=2, Pct_SF=-2, Sta=0)
        held.put(802, LocRemCtl=REMOTE, State=CONNECTED, Evt1=0)
        self._show()

    def written(self) -> None:
        held = self.held
        is_on = held.get(704, "WSetEna") == ON
        self._wanted_kw = held.get(704, "WSet") / 100 if is_on else 0.0
        self._reverts_in_s = held.get(704, "WSetRvrtTms")

    def go_local(self, *, is_local: bool) -> None:
        self.held.put(802, LocRemCtl=LOCAL if is_local else REMOTE)

    def step(self, seconds: float) -> None:
        """Do what it was told, within what it can; rest once nobody said so for too long."""
        self._reverts_in_s -= seconds
        if self._reverts_in_s <= 0:
            self._wanted_kw = 0.0
        power = min(max(self._wanted_kw, -self.rated_kw), self.rated_kw)
        if (power > 0 and self.soc <= 0) or (power < 0 and self.soc >= 1):
            power = 0.0
        self.power_kw = power
        energy = power * seconds / S_PER_H
        inside = energy / self.efficiency if energy > 0 else energy * self.efficiency
        self.soc = min(max(self.soc - inside / self.capacity_kwh, 0), 1)
        self._in_wh += max(energy, 0) * 1000
        self._out_wh += max(-energy, 0) * 1000
        self._show()

    def _show(self) -> None:
        soc = self.soc if self.shown_soc is None else self.shown_soc
        self.held.put(701, W=self.power_kw * 100, TotWhInj=self._in_wh, TotWhAbs=self._out_wh)
        self.held.put(713, SoC=soc * 10_000, WHAvail=soc * self.capacity_kwh * 10)


class Photovoltaics(Device):
    """An inverter by SunSpec 701: a clear day's course."""

    def __init__(self, peak_kw: float) -> None:
        super().__init__(Registers([sunspec.COMMON, sunspec.AC_MEASURE]))
        self.peak_kw = peak_kw
        self.power_kw = 0.0
        self._made_wh = 0.0
        self.held.put(
            701, St=ON, InvSt=CONNECTED, ConnSt=ON, Alrm=0, W_SF=1, TotWh_SF=0, TotWhAbs=0
        )
        self.step(0, 0)

    def step(self, seconds: float, hour: float) -> None:
        """`hour`: of the local day."""
        share = math.sin(math.pi * (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H))
        self.power_kw = self.peak_kw * share if SUNRISE_H < hour < SUNSET_H else 0.0
        self._made_wh += self.power_kw * seconds / S_PER_H * 1000
        self.held.put(701, W=self.power_kw * 100, TotWhInj=self._made_wh)


class Meter(Device):
    """At the connection to the grid, by SunSpec 203: positive when energy comes in."""

    def __init__(self) -> None:
        super().__init__(Registers([sunspec.COMMON, sunspec.METER]))
        self._in_wh = self._out_wh = 0.0
        self.held.put(203, W_SF=1, TotWh_SF=0)
        self.step(0, 0)

    def step(self, seconds: float, power_kw: float) -> None:
        self._in_wh += max(power_kw, 0) * seconds / S_PER_H * 1000
        self._out_wh += max(-power_kw, 0) * seconds / S_PER_H * 1000
        self.held.put(203, W=power_kw * 100, TotWhImp=self._in_wh, TotWhExp=self._out_wh)


def _mute(_battery: Battery, *, is_on: bool) -> None:
    """Cutting it off is the server's business."""


def _exceptions(battery: Battery, *, is_on: bool) -> None:
    battery.refuses = is_on


def _jump(battery: Battery, *, is_on: bool) -> None:
    battery.shown_soc = 0.99 if is_on else None


def _nonsense(battery: Battery, *, is_on: bool) -> None:
    battery.shown_soc = 1.7 if is_on else None


def _local(battery: Battery, *, is_on: bool) -> None:
    battery.go_local(is_local=is_on)


FAULTS: dict[str, Callable[..., None]] = {
    "mute": _mute,
    "exceptions": _exceptions,
    "soc-jumps": _jump,
    "nonsense": _nonsense,
    "local": _local,
}


def hour_of(local: datetime) -> float:
    return local.hour + local.minute / 60 + local.second / S_PER_H
