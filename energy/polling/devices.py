"""How a device is read and told what to do: SunSpec, or by a register map."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from energy.domain import sunspec
from energy.domain.readings import BatteryReading, MeterReading, Nonsense, Ratings
from energy.domain.register_map import Register, RegisterMap
from energy.domain.sunspec import CONSTANTS, MODELS, Model, Values
from energy.polling.link import ExceptionAnswer, Link

BATTERY_MODELS = (701, *sunspec.INVERTERS, 713, 802, 124)
METER_MODELS = (*sunspec.METERS, 701, *sunspec.INVERTERS)
MOST_READ = 125  # registers in one Modbus request


class Device(Protocol):
    """Battery or meter. Each method raises NoAnswer, ExceptionAnswer, Nonsense."""

    ratings: Ratings

    async def open(self) -> None:
        """Learn once what does not change while the connection lasts."""

    async def battery(self) -> BatteryReading: ...

    async def meter(self) -> MeterReading: ...

    async def command(self, power_kw: float, reverts_s: int) -> None:
        """Power as the device counts it; it rests when that many seconds pass without another."""


@dataclass(frozen=True, slots=True)
class Part:
    """The registers of a model that hold some points; `offset` of the first from the model's id."""

    number: int
    points: Mapping[str, sunspec.Point]
    offset: int
    begins: int
    ends: int


class SunSpecDevice:
    """Finds the models of a device, and reads of each only what is needed."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._models: dict[int, Model] = {}
        self._constants: dict[int, Values] = {}
        self.ratings = Ratings()

    async def open(self) -> None:
        self._models = await self._discover()
        self._constants = {
            number: await self._read(number, points)
            for number, points in CONSTANTS.items()
            if number in self._models
        }
        rated = await self._values(number for number in (702, 124) if number in self._models)
        self.ratings = sunspec.ratings_of(rated)

    async def battery(self) -> BatteryReading:
        return sunspec.battery_reading(await self._values(self._present(BATTERY_MODELS)))

    async def meter(self) -> MeterReading:
        return sunspec.meter_reading(await self._values(self._present(METER_MODELS)[:1]))

    async def command(self, power_kw: float, reverts_s: int) -> None:
        if (controls := self._models.get(704)) is not None:
            scale = self._constants[704].get("WSet_SF") or 0
            block = sunspec.watts_block(power_kw, reverts_s, scale)
            await self._link.write(controls.address + sunspec.SET_POINT_AT, block)
        elif (storage := self._models.get(124)) is not None:
            await self._command_rates(storage, power_kw, reverts_s)
        else:
            raise Nonsense("no model that takes set-points (704 or 124)")

    async def _command_rates(self, storage: Model, power_kw: float, reverts_s: int) -> None:
        """The rates with their reversion first, then that they hold."""
        scale = (await self._values([124]))[124].get("InOutWRte_SF") or 0
        most_kw = self.ratings.charge_kw
        if not most_kw:
            raise Nonsense("no largest charging power (124 WChaMax)")
        block = sunspec.rates_block(power_kw, most_kw, reverts_s, scale)
        await self._link.write(storage.address + sunspec.RATES_AT, block)
        await self._link.write(storage.address + sunspec.GRID_CHARGING_AT, [1])
        await self._link.write(storage.address + sunspec.STORAGE_MODE_AT, [0b11])

    async def _discover(self) -> dict[int, Model]:
        """Raises Nonsense where no chain of models begins."""
        for base in sunspec.BASES:
            try:
                marker = await self._link.read(base, 2)
            except ExceptionAnswer:
                continue
            if tuple(marker) == sunspec.MARKER:
                return await self._chain(base + 2)
        raise Nonsense("no SunSpec models")

    async def _chain(self, address: int) -> dict[int, Model]:
        found: dict[int, Model] = {}
        for _ in range(sunspec.MOST_MODELS):
            number, length = await self._link.read(address, 2)
            if number == sunspec.END:
                break
            found.setdefault(number, Model(number, address, length))
            address += length + 2
        return found

    def _present(self, numbers: Iterable[int]) -> list[int]:
        return [number for number in numbers if number in self._models]

    async def _values(self, numbers: Iterable[int]) -> dict[int, Values]:
        """Of each model; what lies near is read at once, since a chain of models has no holes."""
        parts = sorted(
            (self._part(number, MODELS[number]) for number in numbers), key=lambda one: one.begins
        )
        found: dict[int, Values] = {}
        while parts:
            begins = parts[0].begins
            near = [one for one in parts if one.ends - begins <= MOST_READ] or parts[:1]
            parts = parts[len(near) :]
            words = await self._link.read(begins, near[-1].ends - begins)
            for one in near:
                found[one.number] = self._decoded(one, words[one.begins - begins :])
        return found

    async def _read(self, number: int, points: Mapping[str, sunspec.Point]) -> Values:
        part = self._part(number, points)
        return self._decoded(part, await self._link.read(part.begins, part.ends - part.begins))

    def _part(self, number: int, points: Mapping[str, sunspec.Point]) -> "Part":
        """Without the points that a device leaves out at the end of a model."""
        model = self._models[number]
        held = {name: one for name, one in points.items() if one.ends <= model.length + 2}
        if not held:
            raise Nonsense(f"a model {number} of {model.length} registers")
        offset, count = sunspec.span(held)
        begins = model.address + offset
        return Part(number, held, offset, begins, begins + count)

    def _decoded(self, part: "Part", words: Sequence[int]) -> Values:
        return sunspec.values_of(part.points, part.offset, words, self._constants.get(part.number))


class MappedDevice:
    """Reads and writes by a vendor's register map."""

    def __init__(self, link: Link, register_map: RegisterMap) -> None:
        self._link, self._map = link, register_map
        self.ratings = Ratings()
        registers = [*register_map.reads.values(), *(one.register for one in register_map.ready)]
        self._blocks = blocks_of(registers)

    async def open(self) -> None:
        self.ratings = self._map.ratings(self._reads(await self._words()))

    async def battery(self) -> BatteryReading:
        words = await self._words()
        return self._map.battery_reading(self._reads(words), self._trouble(words))

    async def meter(self) -> MeterReading:
        return self._map.meter_reading(self._reads(await self._words()))

    async def command(self, power_kw: float, reverts_s: int) -> None:
        if not self._map.writes:
            raise Nonsense("its register map writes nothing")
        for address, words in self._map.words_to_write(power_kw, reverts_s):
            await self._link.write(address, words)

    async def _words(self) -> dict[tuple[str, int], int]:
        """Each register that is needed, by space and address."""
        found: dict[tuple[str, int], int] = {}
        for space, begins, count in self._blocks:
            words = await self._link.read(begins, count, space=space)
            found |= {(space, begins + place): word for place, word in enumerate(words)}
        return found

    def _reads(self, words: Mapping[tuple[str, int], int]) -> dict[str, float | None]:
        return {name: self._number(one, words) for name, one in self._map.reads.items()}

    def _number(self, one: Register, words: Mapping[tuple[str, int], int]) -> float | None:
        held = [words[one.space, address] for address in range(one.address, one.ends)]
        return self._map.number(one, held)

    def _trouble(self, words: Mapping[tuple[str, int], int]) -> str:
        for ready in self._map.ready:
            number = self._number(ready.register, words)
            if number not in ready.values:
                return f"register {ready.register.address} is {number}"
        return ""


def blocks_of(registers: Iterable[Register]) -> list[tuple[str, int, int]]:
    """Space, first address and count of the requests that read all of them: what touches is read
    at once; registers between that nobody named are not asked for, since devices refuse them."""
    blocks: list[tuple[str, int, int]] = []
    for one in sorted(registers, key=lambda one: (one.space, one.address)):
        if blocks:
            space, begins, count = blocks[-1]
            if (
                space == one.space
                and one.address <= begins + count
                and one.ends - begins <= MOST_READ
            ):
                blocks[-1] = (space, begins, max(count, one.ends - begins))
                continue
        blocks.append((one.space, one.address, one.ends - one.address))
    return blocks
