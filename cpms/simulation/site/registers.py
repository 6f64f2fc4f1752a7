"""Registers of a SunSpec device: models in a chain, points set and read by name."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BASE = 40_000
MARKER, END = (0x5375, 0x6E53), (0xFFFF, 0)
EMPTY = 0xFFFF
Points = Mapping[str, tuple[int, str]]  # offset from the model's id, struct format


@dataclass(frozen=True, slots=True)
class Shape:
    """A model: its number, its registers after the first two, the points we use of it."""

    number: int
    length: int
    points: Points


COMMON = Shape(1, 66, {})
AC_MEASURE = Shape(701, 153, {
    "St": (3, ">H"), "InvSt": (4, ">H"), "ConnSt": (5, ">H"), "Alrm": (6, ">I"), "W": (10, ">h"),
    "TotWhInj": (19, ">Q"), "TotWhAbs": (23, ">Q"), "W_SF": (116, ">h"), "TotWh_SF": (120, ">h"),
})  # fmt: skip
RATINGS = Shape(702, 50, {
    "WMaxRtg": (2, ">H"), "WChaRteMaxRtg": (10, ">H"), "WDisChaRteMaxRtg": (11, ">H"),
    "W_SF": (45, ">h"),
})  # fmt: skip
CONTROLS = Shape(704, 57, {
    "WSetEna": (22, ">H"), "WSetMod": (23, ">H"), "WSet": (24, ">i"), "WSetRvrt": (26, ">i"),
    "WSetEnaRvrt": (30, ">H"), "WSetRvrtTms": (31, ">I"), "WSet_SF": (55, ">h"),
})  # fmt: skip
STORAGE = Shape(713, 7, {
    "WHRtg": (2, ">H"), "WHAvail": (3, ">H"), "SoC": (4, ">H"), "Sta": (6, ">H"),
    "WH_SF": (7, ">h"), "Pct_SF": (8, ">h"),
})  # fmt: skip
BATTERY = Shape(802, 62, {
    "LocRemCtl": (17, ">H"), "State": (22, ">H"), "Evt1": (26, ">I"),
})  # fmt: skip
METER = Shape(203, 105, {
    "W": (18, ">h"), "W_SF": (22, ">h"), "TotWhExp": (38, ">I"), "TotWhImp": (46, ">I"),
    "TotWh_SF": (54, ">h"),
})  # fmt: skip


class Registers:
    """What a device's registers hold, from `BASE` on."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.words: list[int] = [*MARKER]
        self._places: dict[tuple[int, str], tuple[int, str]] = {}
        for shape in shapes:
            for name, (offset, form) in shape.points.items():
                self._places[shape.number, name] = (len(self.words) + offset, form)
            self.words += [shape.number, shape.length, *([EMPTY] * shape.length)]
        self.words += END

    def put(self, number: int, **values: float) -> None:
        """Whole numbers, as they stand in the registers."""
        for name, value in values.items():
            place, form = self._places[number, name]
            data = struct.pack(form, round(value))
            new = [high << 8 | low for high, low in zip(data[::2], data[1::2], strict=True)]
            self.words[place : place + len(new)] = new

    def get(self, number: int, name: str) -> int:
        place, form = self._places[number, name]
        count = struct.calcsize(form) // 2
        data = struct.pack(f">{count}H", *self.words[place : place + count])
        found: int = struct.unpack(form, data)[0]
        return found

    def begins(self, number: int, name: str) -> int:
        """The address of a point."""
        return BASE + self._places[number, name][0]
