"""A vendor's register map: which registers of a battery or a meter say what, and what to write.

Read from a YAML file (docs/operations.md has the format). A map that can command names how the
device reverts by itself when nothing is written any more: without that it is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from energy.domain.readings import BatteryReading, MeterReading, Nonsense, Ratings
from energy.domain.registers import Kind, Words, decode, encode, width
from energy.errors import InvalidRegisterMap
from tariffs.domain.numbers import Fields

SPACES = ("holding", "input")
BATTERY_READS = (
    "soc",
    "power",
    "energy",
    "charged",
    "discharged",
    "charge_limit",
    "discharge_limit",
)
METER_READS = ("power", "import", "export")
NEEDED = {"battery": ("soc", "power"), "meter": ("power",)}
MOST_ADDRESS = 65_535
MOST_REVERSION_S = 300
POWER, REVERSION = "power", "reversion"


@dataclass(frozen=True, slots=True)
class Register:
    """Where a number lies; `scale` times what is there is kW, kWh or a share."""

    address: int
    kind: Kind
    scale: float = 1.0
    space: str = "holding"

    @property
    def ends(self) -> int:
        return self.address + width(self.kind)


@dataclass(frozen=True, slots=True)
class Ready:
    """The device may be commanded while its register has one of these values."""

    register: Register
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Write:
    """A register to write: a number, or the wanted power, or the seconds of the reversion."""

    register: Register
    value: float | str


@dataclass(frozen=True, slots=True)
class RegisterMap:
    name: str
    device: str
    low_word_first: bool
    reads: Mapping[str, Register]
    ready: Sequence[Ready] = ()
    writes: Sequence[Write] = ()
    reverts_after_s: int | None = None  # by itself, where no register sets it

    def battery_reading(self, found: Mapping[str, float | None], trouble: str) -> BatteryReading:
        """Raises Nonsense."""
        soc, power = found["soc"], found["power"]
        if soc is None or power is None:
            raise Nonsense("no state of charge" if soc is None else "no power")
        return BatteryReading(
            soc=soc,
            power_kw=power,
            energy_kwh=found.get("energy"),
            trouble=trouble,
            charged_kwh=found.get("charged"),
            discharged_kwh=found.get("discharged"),
        )

    def meter_reading(self, found: Mapping[str, float | None]) -> MeterReading:
        """Raises Nonsense."""
        power = found["power"]
        if power is None:
            raise Nonsense("no power")
        return MeterReading(power, found.get("import"), found.get("export"))

    def ratings(self, found: Mapping[str, float | None]) -> Ratings:
        return Ratings(found.get("charge_limit"), found.get("discharge_limit"))

    def number(self, register: Register, words: Words) -> float | None:
        number = decode(register.kind, words, low_word_first=self.low_word_first)
        return None if number is None else number * register.scale

    def words_to_write(self, power_kw: float, reverts_s: int) -> list[tuple[int, list[int]]]:
        """Each write with its address, in order. Raises OutOfRange."""
        numbers = {POWER: power_kw, REVERSION: float(reverts_s)}
        return [
            (
                one.register.address,
                encode(
                    one.register.kind,
                    (numbers[one.value] if isinstance(one.value, str) else one.value)
                    / one.register.scale,
                    low_word_first=self.low_word_first,
                ),
            )
            for one in self.writes
        ]


def map_of(name: str, body: Any) -> RegisterMap:
    """The map that a file says. Raises InvalidRegisterMap with `path: reason`."""
    fields = Fields(body, "", InvalidRegisterMap)
    device = _one_of(fields, "device", ("battery", "meter"))
    known = BATTERY_READS if device == "battery" else METER_READS
    reads = {
        one: _register(fields.object("read").object(one))
        for one in known
        if one in fields.object("read")
    }
    if missing := [one for one in NEEDED[device] if one not in reads]:
        raise fields.refuse("read", f"lacks {', '.join(missing)}")
    writes = [_write(one) for one in fields.objects("write")] if "write" in fields else []
    reverts_after_s = fields.whole("reverts_after_s") if "reverts_after_s" in fields else None
    _require_reversion(fields, writes, reverts_after_s)
    order = _one_of(fields, "word_order", ("high_first", "low_first"), "high_first")
    return RegisterMap(
        name=name,
        device=device,
        low_word_first=order == "low_first",
        reads=reads,
        ready=[_ready(one) for one in fields.objects("ready")] if "ready" in fields else [],
        writes=writes,
        reverts_after_s=reverts_after_s,
    )


def _require_reversion(fields: Fields, writes: Sequence[Write], fixed: int | None) -> None:
    if not writes:
        return
    values = [one.value for one in writes]
    if POWER not in values:
        raise fields.refuse("write", "writes no power")
    if REVERSION not in values and not (fixed and fixed <= MOST_REVERSION_S):
        raise fields.refuse(
            "write",
            "sets no reversion: write one, or say reverts_after_s "
            f"(at most {MOST_REVERSION_S}) where the device has a fixed one",
        )


def _register(fields: Fields) -> Register:
    address = fields.whole("address")
    if address > MOST_ADDRESS:
        raise fields.refuse("address", f"must be at most {MOST_ADDRESS}")
    scale = float(fields.number("scale")) if "scale" in fields else 1.0
    if not scale:
        raise fields.refuse("scale", "must not be 0")
    kind = Kind(_one_of(fields, "kind", tuple(Kind)))
    return Register(address, kind, scale, _one_of(fields, "space", SPACES, "holding"))


def _ready(fields: Fields) -> Ready:
    values = fields.value("is")
    if not isinstance(values, list) or not all(type(one) is int for one in values):
        raise fields.refuse("is", "must be a list of whole numbers")
    return Ready(_register(fields), frozenset(values))


def _write(fields: Fields) -> Write:
    value = fields.value("value")
    if isinstance(value, str):
        value = _one_of(fields, "value", (POWER, REVERSION))
    else:
        value = float(fields.number("value"))
    register = _register(fields)
    if register.space != "holding":
        raise fields.refuse("space", "only holding registers can be written")
    return Write(register, value)


def _one_of(fields: Fields, name: str, words: Sequence[str], default: str | None = None) -> str:
    if default is not None and name not in fields:
        return default
    text = fields.text(name)
    if text not in words:
        raise fields.refuse(name, f"must be one of {', '.join(words)}")
    return text
