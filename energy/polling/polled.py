"""One battery or meter as the poller holds it."""

import asyncio
import logging
from abc import ABC, abstractmethod
from datetime import datetime

from cpms.egress import EgressRefused
from energy.domain.battery_watch import REVERTS_S, Bounds, Watch, permitted
from energy.domain.readings import BatteryReading, MeterReading, Nonsense
from energy.domain.registers import OutOfRange
from energy.enums import Driver, OutOfPlan, Sign
from energy.errors import InvalidRegisterMap, UnknownRegisterMap
from energy.models import Battery, BatterySetpoint, SiteMeter
from energy.polling.devices import Device, MappedDevice, SunSpecDevice
from energy.polling.link import ExceptionAnswer, Link, NoAnswer
from energy.register_maps import register_map
from energy.services.polled import BatteryState, Counters, MeterState, Told

log = logging.getLogger(__name__)

REFRESH_S = 15
QUARTER_S = 900
S_PER_H = 3600
LONGEST_STEP_S = 60  # between two readings that an energy is made of
FAULTS = (EgressRefused, NoAnswer, ExceptionAnswer, Nonsense, OutOfRange, InvalidRegisterMap,
          UnknownRegisterMap)  # fmt: skip


def reason_of(fault: Exception) -> tuple[OutOfPlan, str]:
    match fault:
        case EgressRefused():
            return OutOfPlan.NOT_ALLOWED, fault.text
        case ExceptionAnswer():
            return OutOfPlan.EXCEPTIONS, str(fault)
        case NoAnswer():
            return OutOfPlan.NO_ANSWER, str(fault)
    return OutOfPlan.NONSENSE, str(fault)


class Counting:
    """Counters of a device, in kWh: its own where it has some, else what its power amounts to.
    Due to be stored with the first reading of each quarter of an hour."""

    def __init__(self, begins: tuple[float, float]) -> None:
        self.in_kwh, self.out_kwh = begins
        self._last: tuple[float, datetime] | None = None
        self._stored_quarter: int | None = None

    def took(self, power_kw: float, own: tuple[float | None, float | None], at: datetime) -> bool:
        """Power into the site. Returns whether the counters are due."""
        if self._last is not None:
            before_kw, since = self._last
            seconds = min(max((at - since).total_seconds(), 0), LONGEST_STEP_S)
            energy = (before_kw + power_kw) / 2 * seconds / S_PER_H
            self.in_kwh += max(energy, 0)
            self.out_kwh += max(-energy, 0)
        self._last = (power_kw, at)
        if own[0] is not None:
            self.in_kwh = own[0]
            self.out_kwh = own[1] or 0.0
        quarter = int(at.timestamp()) // QUARTER_S
        is_due = quarter != self._stored_quarter
        self._stored_quarter = quarter
        return is_due


class Polled(ABC):
    """A device with its connection. `lock`: one of reading, commanding and testing at a time."""

    def __init__(self, row: Battery | SiteMeter, counting: Counting) -> None:
        self.row = row
        self.counting = counting
        self.counters: Counters | None = None
        self.lock = asyncio.Lock()
        self._link = Link(row.host, row.port, row.unit_id)
        self._device: Device | None = None

    async def device(self) -> Device:
        """The device, connected. Raises what `FAULTS` lists."""
        if self._device is None or not self._link.is_open:
            self._device = None
            device: Device = (
                MappedDevice(self._link, register_map(self.row.register_map))
                if self.row.driver == Driver.REGISTERS
                else SunSpecDevice(self._link)
            )
            await self._link.open()
            await device.open()
            self._device = device
        return self._device

    def forget(self) -> None:
        self._device = None
        self._link.close()

    @abstractmethod
    async def poll(self, now: datetime) -> None:
        """Read it once."""

    @abstractmethod
    def missed(self, why: str) -> None:
        """It gave no reading this time; it is connected to anew."""


class PolledBattery(Polled):
    """A battery: read, watched, and told what to do."""

    row: Battery

    def __init__(self, row: Battery, counting: Counting) -> None:
        super().__init__(row, counting)
        self.watch = Watch()
        self.reading: BatteryReading | None = None
        self.read_at: datetime | None = None
        self.setpoint: BatterySetpoint | None = None
        self.told: Told | None = None
        self.is_tested = False
        self._sent: tuple[float, datetime] | None = None  # what it was told last, our counting
        self._shown: tuple[object, ...] = ()

    async def poll(self, now: datetime) -> None:
        """Read it, and tell it what it shall do while it can be trusted."""
        try:
            device = await self.device()
            reading = await device.battery()
        except FAULTS as fault:
            if isinstance(fault, NoAnswer | Nonsense):
                self.forget()
            self.watch.missed(*reason_of(fault))
            return
        bounds = self.bounds(device)
        self.watch.took(reading, bounds, now)
        self.reading, self.read_at = reading, now
        if self.watch.reason in (None, OutOfPlan.UNTESTED):
            self._count(reading, now)
        await self._obey(device, bounds, reading, now)

    def missed(self, why: str) -> None:
        self.forget()
        self.watch.missed(OutOfPlan.NO_ANSWER, why)

    def bounds(self, device: Device) -> Bounds:
        row = self.row
        stated = Bounds(
            row.capacity_kwh, row.charge_kw, row.discharge_kw, row.soc_min, row.soc_max,
            Sign(row.sign),
        )  # fmt: skip
        return stated.within(device.ratings)

    @property
    def power_kw(self) -> float | None:
        """In our counting; as the device counts it while its sign is not known."""
        if self.reading is None:
            return None
        return self.reading.power_kw * (self.row.sign or 1)

    def _count(self, reading: BatteryReading, now: datetime) -> None:
        assert self.power_kw is not None
        own = (reading.discharged_kwh, reading.charged_kwh)
        if self.row.sign == Sign.TURNED:
            own = own[::-1]
        if self.counting.took(self.power_kw, own, now):
            self.counters = Counters(
                self.row.pk, None, now, self.counting.in_kwh, self.counting.out_kwh
            )

    async def _obey(
        self, device: Device, bounds: Bounds, reading: BatteryReading, now: datetime
    ) -> None:
        """Send the set-point in force, changed or before its reversion is due. Where there is
        none any more, let it rest, once. One that cannot be trusted is sent nothing: within
        the reversion time it rests by itself."""
        if self.watch.reason is not None:
            self._sent = None
            self._refuse(str(self.watch.reason.label))
            return
        setpoint = self.setpoint if self.setpoint and self.setpoint.until > now else None
        if setpoint is None and not (self._sent and self._sent[0]):
            return
        before_kw, since = self._sent or (0.0, None)
        seconds = (now - since).total_seconds() if since else float(REFRESH_S)
        permit = permitted(
            bounds,
            reading,
            wanted_kw=setpoint.power_kw if setpoint else 0.0,
            now_kw=before_kw,
            seconds=seconds,
        )
        if since and permit.power_kw == before_kw and seconds < REFRESH_S:
            return
        try:
            await device.command(permit.power_kw * self.row.sign, REVERTS_S)
        except FAULTS as fault:
            self.watch.missed(*reason_of(fault))
            self._refuse(reason_of(fault)[1])
            return
        self._sent = (permit.power_kw, now)
        if setpoint:
            self.told = Told(setpoint.pk, now, permit.why)

    def _refuse(self, why: str) -> None:
        if self.setpoint and self.setpoint.refused != why:
            self.told = Told(self.setpoint.pk, None, why)

    def state(self) -> BatteryState:
        """To be stored; it is news where people would see a difference."""
        reading = self.reading
        capacity = self.row.capacity_kwh
        energy = None
        if reading is not None:
            energy = (
                reading.energy_kwh if reading.energy_kwh is not None else reading.soc * capacity
            )
        reason = OutOfPlan.UNTESTED if self.is_tested else self.watch.reason
        shown = (
            reading and round(reading.soc, 3), reading and round(reading.power_kw, 1),
            reason, self.watch.note,
        )  # fmt: skip
        is_news, self._shown = shown != self._shown, shown
        return BatteryState(
            battery_id=self.row.pk,
            location_id=self.row.location_id,
            version=self.row.last_updated,
            soc=reading.soc if reading else None,
            energy_kwh=energy,
            power_kw=self.power_kw,
            read_at=self.read_at,
            out_of_plan=reason or "",
            note=self.watch.note,
            is_news=is_news,
        )


class PolledMeter(Polled):
    """A meter: read and counted."""

    row: SiteMeter

    def __init__(self, row: SiteMeter, counting: Counting) -> None:
        super().__init__(row, counting)
        self.power_kw: float | None = None
        self.read_at: datetime | None = None
        self.fault = ""

    async def poll(self, now: datetime) -> None:
        try:
            device = await self.device()
            reading = await device.meter()
        except FAULTS as fault:
            if isinstance(fault, NoAnswer | Nonsense):
                self.forget()
            self.fault, self.power_kw = reason_of(fault)[1], None
            return
        self.fault, self.read_at = "", now
        self._count(reading, now)

    def missed(self, why: str) -> None:
        self.forget()
        self.fault, self.power_kw = why, None

    def _count(self, reading: MeterReading, now: datetime) -> None:
        own = (reading.import_kwh, reading.export_kwh)
        power = -reading.power_kw if self.row.is_turned else reading.power_kw
        self.power_kw = power
        if self.row.is_turned:
            own = own[::-1]
        if self.counting.took(power, own, now):
            self.counters = Counters(
                None, self.row.pk, now, self.counting.in_kwh, self.counting.out_kwh
            )

    def state(self) -> MeterState:
        row = self.row
        return MeterState(row.pk, row.last_updated, self.power_kw, self.read_at, self.fault)
