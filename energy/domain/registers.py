"""Modbus registers: words of 16 bits, the big end first, to numbers and back."""

import math
import struct
from collections.abc import Sequence
from enum import StrEnum

Words = Sequence[int]


class Kind(StrEnum):
    """How a number lies in registers."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    INT64 = "int64"
    FLOAT32 = "float32"


FORMAT = {
    Kind.UINT16: ">H", Kind.INT16: ">h", Kind.UINT32: ">I", Kind.INT32: ">i",
    Kind.UINT64: ">Q", Kind.INT64: ">q", Kind.FLOAT32: ">f",
}  # fmt: skip
NOT_THERE = {  # what a device writes where it has no value (SunSpec, and vendors after it)
    Kind.UINT16: 0xFFFF, Kind.INT16: -0x8000, Kind.UINT32: 0xFFFF_FFFF, Kind.INT32: -0x8000_0000,
    Kind.UINT64: 0xFFFF_FFFF_FFFF_FFFF, Kind.INT64: -0x8000_0000_0000_0000,
}  # fmt: skip


class OutOfRange(ValueError):
    """A number that the registers cannot hold."""


def width(kind: Kind) -> int:
    """In registers."""
    return struct.calcsize(FORMAT[kind]) // 2


def decode(kind: Kind, words: Words, *, low_word_first: bool = False) -> float | None:
    """The number; None where the device says that it has none."""
    ordered = list(reversed(words)) if low_word_first else words
    (number,) = struct.unpack(FORMAT[kind], struct.pack(f">{len(ordered)}H", *ordered))
    if kind == Kind.FLOAT32:
        return float(number) if math.isfinite(number) else None
    return None if number == NOT_THERE[kind] else number


def encode(kind: Kind, number: float, *, low_word_first: bool = False) -> list[int]:
    """Raises OutOfRange."""
    try:
        whole = number if kind == Kind.FLOAT32 else round(number)
        data = struct.pack(FORMAT[kind], whole)
    except (struct.error, OverflowError, ValueError) as fault:
        raise OutOfRange(f"{number} does not fit into {kind}") from fault
    words = [high << 8 | low for high, low in zip(data[::2], data[1::2], strict=True)]
    return words[::-1] if low_word_first else words
