"""Readings of a meter as OCPP 1.6 MeterValue objects (§7.33, §7.43)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cpms.simulation.physics import Car, Outlet

REGISTER = "Energy.Active.Import.Register"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter sees at one instant."""

    at: str
    meter_wh: float
    power_w: float
    offered_w: float
    outlet: Outlet
    car: Car | None


def meter_value(reading: Reading, measurands: list[str], context: str) -> dict[str, Any]:
    """One MeterValue; measurands that this outlet does not measure are left out."""
    values = [
        {**sample, "context": context, "measurand": measurand, "format": "Raw"}
        for measurand in measurands
        for sample in _samples(reading, measurand)
    ]
    return {"timestamp": reading.at, "sampledValue": values or _register(reading)}


def _register(reading: Reading) -> list[dict[str, str]]:
    return [_sample(reading.meter_wh, "Wh")]


def _samples(reading: Reading, measurand: str) -> list[dict[str, str]]:
    return SAMPLES[measurand](reading) if measurand in SAMPLES else []


def _power(reading: Reading) -> list[dict[str, str]]:
    return [_sample(reading.power_w, "W")]


def _power_offered(reading: Reading) -> list[dict[str, str]]:
    return [_sample(reading.offered_w, "W")]


def _current_offered(reading: Reading) -> list[dict[str, str]]:
    divisor = reading.outlet.volts * max(1, reading.outlet.phases)
    return [_sample(reading.offered_w / divisor, "A", digits=1)]


def _soc(reading: Reading) -> list[dict[str, str]]:
    """Only a DC charger hears the state of charge from the car."""
    if not reading.outlet.is_dc or reading.car is None:
        return []
    return [{"value": f"{reading.car.soc_percent:.0f}", "unit": "Percent", "location": "EV"}]


def _temperature(reading: Reading) -> list[dict[str, str]]:
    warmth = 24 + 16 * reading.power_w / reading.outlet.max_w
    return [{"value": f"{warmth:.1f}", "unit": "Celsius", "location": "Body"}]


def _currents(reading: Reading) -> list[dict[str, str]]:
    outlet = reading.outlet
    if outlet.is_dc:
        return [_sample(reading.power_w / outlet.volts, "A", digits=1)]
    used = reading.car.used_phases(outlet) if reading.car else outlet.phases
    share_a = reading.power_w / outlet.volts / max(1, used)
    return [
        _sample(share_a if phase <= used else 0.0, "A", digits=1) | {"phase": f"L{phase}"}
        for phase in range(1, outlet.phases + 1)
    ]


def _voltages(reading: Reading) -> list[dict[str, str]]:
    outlet = reading.outlet
    if outlet.is_dc:
        return [_sample(outlet.volts, "V")]
    drop = 3.0 * reading.power_w / outlet.max_w
    return [
        _sample(outlet.volts - drop + 0.3 * phase, "V", digits=1) | {"phase": f"L{phase}-N"}
        for phase in range(1, outlet.phases + 1)
    ]


def _sample(value: float, unit: str, digits: int = 0) -> dict[str, str]:
    return {"value": f"{value:.{digits}f}", "unit": unit, "location": "Outlet"}


SAMPLES: dict[str, Callable[[Reading], list[dict[str, str]]]] = {
    REGISTER: _register,
    "Power.Active.Import": _power,
    "Current.Import": _currents,
    "Voltage": _voltages,
    "SoC": _soc,
    "Power.Offered": _power_offered,
    "Current.Offered": _current_offered,
    "Temperature": _temperature,
}
MEASURANDS = frozenset(SAMPLES)
