"""SunSpec: which registers say what. No socket: words in, values out.

A device has a chain of models from a base address on: after the marker, each with its id and
length. Offsets count from a model's id. Models: 701 AC measurement, 702 ratings, 704 AC controls,
713 storage (the IEEE 1547 set); 101-103 inverter, 124 storage control, 802 battery (older); 203
and its kin are meters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from energy.domain.readings import BatteryReading, MeterReading, Nonsense, Ratings
from energy.domain.registers import Kind, Words, decode, encode, width

BASES = (40_000, 0, 50_000)
MARKER = (0x5375, 0x6E53)  # "SunS"
END = 0xFFFF
MOST_MODELS = 60
W_PER_KW = 1000
PERCENT = 100

Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Point:
    """A value at `offset`; `scale` names the point that holds its power of ten."""

    offset: int
    kind: Kind
    scale: str = ""

    @property
    def ends(self) -> int:
        return self.offset + width(self.kind)


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it was found in a device."""

    number: int
    address: int
    length: int


def _u16(offset: int, scale: str = "") -> Point:
    return Point(offset, Kind.UINT16, scale)


def _i16(offset: int, scale: str = "") -> Point:
    return Point(offset, Kind.INT16, scale)


def _u32(offset: int, scale: str = "") -> Point:
    return Point(offset, Kind.UINT32, scale)


INVERTER = {
    "W": _i16(14, "W_SF"), "W_SF": _i16(15), "WH": _u32(24, "WH_SF"), "WH_SF": _i16(26),
    "St": _u16(38), "Evt1": _u32(40),
}  # fmt: skip
METER = {
    "W": _i16(18, "W_SF"), "W_SF": _i16(22), "TotWhExp": _u32(38, "TotWh_SF"),
    "TotWhImp": _u32(46, "TotWh_SF"), "TotWh_SF": _i16(54),
}  # fmt: skip
MODELS: Mapping[int, Mapping[str, Point]] = {
    101: INVERTER,
    102: INVERTER,
    103: INVERTER,
    124: {
        "WChaMax": _u16(2, "WChaMax_SF"), "ChaState": _u16(8, "ChaState_SF"), "ChaSt": _u16(11),
        "WChaMax_SF": _i16(18), "ChaState_SF": _i16(22), "InOutWRte_SF": _i16(25),
    },
    201: METER,
    202: METER,
    203: METER,
    204: METER,
    701: {
        "St": _u16(3), "ConnSt": _u16(5), "Alrm": _u32(6), "W": _i16(10, "W_SF"),
        "TotWhInj": Point(19, Kind.UINT64, "TotWh_SF"),
        "TotWhAbs": Point(23, Kind.UINT64, "TotWh_SF"),
    },
    702: {
        "WMaxRtg": _u16(2, "W_SF"), "WChaRteMaxRtg": _u16(10, "W_SF"),
        "WDisChaRteMaxRtg": _u16(11, "W_SF"), "W_SF": _i16(45),
    },
    713: {
        "WHRtg": _u16(2, "WH_SF"), "WHAvail": _u16(3, "WH_SF"), "SoC": _u16(4, "Pct_SF"),
        "Sta": _u16(6), "WH_SF": _i16(7), "Pct_SF": _i16(8),
    },
    802: {
        "SoC": _u16(11, "SoC_SF"), "LocRemCtl": _u16(17), "State": _u16(22), "Evt1": _u32(26),
        "SoC_SF": _i16(56),
    },
}  # fmt: skip
# Far from what is read each time, and constant: read once.
CONSTANTS: Mapping[int, Mapping[str, Point]] = {
    701: {"W_SF": _i16(116), "TotWh_SF": _i16(120)},
    704: {"WSet_SF": _i16(55)},
}
INVERTERS, METERS = (101, 102, 103), (201, 202, 203, 204)
SET_POINT_AT, RATES_AT, STORAGE_MODE_AT, GRID_CHARGING_AT = 22, 12, 5, 17

# 802: warnings are even bits of some pairs; these are the alarms and faults among them.
ALARMS_802 = sum(1 << bit for bit in (0, 1, 3, 5, 7, 9, 11, 18, 20, 22, 25, 28))
STATES_802 = {3, 4}  # connected, standby
READY_103 = {4, 5, 8}  # feeding in, throttled, standby


def span(points: Mapping[str, Point]) -> tuple[int, int]:
    """First offset and count of the registers that hold these points."""
    begins = min(point.offset for point in points.values())
    return begins, max(point.ends for point in points.values()) - begins


def values_of(
    points: Mapping[str, Point], begins: int, words: Words, constants: Values | None = None
) -> dict[str, float | None]:
    """The points' values, scaled. `words` begin at offset `begins`. Raises Nonsense for a scale
    that cannot be."""
    found: dict[str, float | None] = dict(constants or {})
    for name, point in points.items():
        found[name] = decode(point.kind, words[point.offset - begins : point.ends - begins])
    return {name: _scaled(found, points.get(name), value) for name, value in found.items()}


def _scaled(found: Values, point: Point | None, value: float | None) -> float | None:
    if value is None or point is None or not point.scale:
        return value
    power = found.get(point.scale) or 0
    if not -10 <= power <= 10:  # noqa: PLR2004 -- SunSpec's bounds of a scale factor
        raise Nonsense(f"a scale of ten to the {power:g}")
    return float(value * 10.0**power)


def battery_reading(by_model: Mapping[int, Values]) -> BatteryReading:
    """What a storage device's models say together. Raises Nonsense where they do not say how
    full it is and what it does."""
    storage = {**by_model.get(124, {}), **by_model.get(802, {}), **by_model.get(713, {})}
    soc = storage.get("SoC")
    soc = storage.get("ChaState") if soc is None else soc
    measured = _ac_side(by_model)
    power = measured.get("W")
    if soc is None or power is None:
        raise Nonsense("no state of charge" if soc is None else "no power")
    available = storage.get("WHAvail")
    return BatteryReading(
        soc=soc / PERCENT,
        power_kw=power / W_PER_KW,
        energy_kwh=None if available is None else available / W_PER_KW,
        trouble=_trouble(by_model),
        charged_kwh=_kilo(measured.get("TotWhAbs")),
        discharged_kwh=_kilo(measured.get("TotWhInj")),
    )


def meter_reading(by_model: Mapping[int, Values]) -> MeterReading:
    """What a meter, or an inverter of photovoltaics, says. A meter's power is positive when
    energy comes in; an inverter's when it makes some. Raises Nonsense."""
    meter = next((by_model[number] for number in METERS if number in by_model), None)
    values = meter if meter is not None else _ac_side(by_model)
    power = values.get("W")
    if power is None:
        raise Nonsense("no power")
    if meter is not None:
        made, taken = values.get("TotWhImp"), values.get("TotWhExp")
    else:
        made, taken = values.get("TotWhInj", values.get("WH")), values.get("TotWhAbs")
    return MeterReading(power / W_PER_KW, _kilo(made), _kilo(taken))


def ratings_of(by_model: Mapping[int, Values]) -> Ratings:
    """By 702, or by 124's largest charging power."""
    rated = by_model.get(702, {})
    most = rated.get("WMaxRtg")
    charge = rated.get("WChaRteMaxRtg") or most
    discharge = rated.get("WDisChaRteMaxRtg") or most
    legacy = by_model.get(124, {}).get("WChaMax")
    return Ratings(_kilo(charge or legacy), _kilo(discharge or legacy))


def watts_block(power_kw: float, reverts_s: int, scale: float) -> list[int]:
    """704 from WSetEna on: this power, and none once `reverts_s` passed without another word."""
    power = encode(Kind.INT32, power_kw * W_PER_KW / 10.0**scale)
    seconds = encode(Kind.UINT32, reverts_s)
    enable, in_watts, nothing = 1, 1, 0
    return [enable, in_watts, *power, nothing, nothing, nothing, nothing, enable, *seconds]


def rates_block(power_kw: float, most_kw: float, reverts_s: int, scale: float) -> list[int]:
    """124 from OutWRte on: the least discharging and the most charging are the same power, so
    that it is this one."""
    rate = power_kw / most_kw * PERCENT / 10.0**scale
    discharge, charge = encode(Kind.INT16, rate), encode(Kind.INT16, -rate)
    return [*discharge, *charge, 0, reverts_s]


def _ac_side(by_model: Mapping[int, Values]) -> Values:
    found = next((by_model[one] for one in (701, *INVERTERS) if one in by_model), None)
    if found is None:
        raise Nonsense("no model of its AC side")
    return found


def _trouble(by_model: Mapping[int, Values]) -> str:
    """Why it must not be commanded: the first reason."""
    battery, storage = by_model.get(802, {}), by_model.get(713, {})
    ac_side, inverter = by_model.get(701, {}), _first(by_model, INVERTERS)
    reasons = {
        "it is under local control": battery.get("LocRemCtl") == 1,
        "its battery is neither connected nor on standby": "State" in battery
        and battery["State"] not in STATES_802,
        "its battery has an alarm": bool(int(battery.get("Evt1") or 0) & ALARMS_802),
        "its storage has an error": storage.get("Sta") == 2,  # noqa: PLR2004 -- 713: ERROR
        "it is off": ac_side.get("St") == 0,
        "it is disconnected from the grid": ac_side.get("ConnSt") == 0,
        "it has an alarm": bool(ac_side.get("Alrm")),
        "its inverter is not ready": "St" in inverter and inverter["St"] not in READY_103,
        "its inverter has an alarm": bool(inverter.get("Evt1")),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _first(by_model: Mapping[int, Values], numbers: tuple[int, ...]) -> Values:
    return next((by_model[number] for number in numbers if number in by_model), {})


def _kilo(value: float | None) -> float | None:
    return None if value is None else value / W_PER_KW
