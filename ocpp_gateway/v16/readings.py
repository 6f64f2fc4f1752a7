"""From OCPP 1.6 meter values to version-neutral meter readings."""

import hashlib
import math
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from booking.domain.facts import MeterReading
from booking.domain.plausibility import trusted_time
from ocpp_gateway.v16.messages import MeterValue, SampledValue

CONTEXTS = {
    "Sample.Periodic": 0,
    "Sample.Clock": 1,
    "Transaction.Begin": 2,
    "Transaction.End": 3,
    "Interruption.Begin": 4,
    "Interruption.End": 5,
    "Trigger": 6,
    "Other": 7,
}
PHASES = {"L1": 0, "L2": 1, "L3": 2, "L1-N": 0, "L2-N": 1, "L3-N": 2}
THOUSANDS = frozenset({"kWh", "kW"})
MOST_WH, MOST_W, MOST_A_OR_V = 2**60, 2**31 - 1, 1_000_000.0

_decode = msgspec.json.Decoder(MeterValue).decode
_to_builtins = msgspec.to_builtins


def readings_of(
    raw_values: Iterable[msgspec.Raw],
    *,
    station_id: int,
    epoch: int,
    evse_number: int,
    reference: str | None,
    now: datetime,
) -> list[MeterReading]:
    """One reading per meter value; measurands without a column are kept in `other`."""
    found = []
    for raw in raw_values:
        value = _decode(raw)
        digest = hashlib.blake2b(raw, digest_size=8).digest()
        reading = MeterReading(
            station_id=station_id,
            epoch=epoch,
            evse_number=evse_number,
            measured_at=trusted_time(value.timestamp, now)[0],
            received_at=now,
            content_hash=int.from_bytes(digest, "big", signed=True),
            context=CONTEXTS[value.sampled_value[0].context],
            transaction_reference=reference,
        )
        for sample in value.sampled_value:
            if not _takes(reading, sample):
                reading.other = [*(reading.other or ()), _to_builtins(sample)]
        found.append(reading)
    return found


def _takes(reading: MeterReading, sample: SampledValue) -> bool:
    """Put a sample into its column; False: it has none, or its value is no sane number."""
    if sample.format != "Raw" or sample.location == "Inlet":
        return False
    number = _finite(sample.value)
    if number is None:
        return False
    if sample.unit in THOUSANDS:
        number *= 1000
    take = TAKERS.get(sample.measurand)
    return take is not None and take(reading, sample, number)


def _take_energy(reading: MeterReading, sample: SampledValue, wh: float) -> bool:
    if sample.phase is not None or abs(wh) > MOST_WH:
        return False
    reading.energy_wh = round(wh)
    return True


def _take_power(reading: MeterReading, sample: SampledValue, w: float) -> bool:
    """The total; phases add up where a station sends no total."""
    if abs(w) > MOST_W:
        return False
    if sample.phase is None:
        reading.power_w = round(w)
    else:
        reading.power_w = min(round(w) + (reading.power_w or 0), MOST_W)
    return True


def _take_phase(reading: MeterReading, sample: SampledValue, value: float) -> bool:
    place = PHASES.get(sample.phase or "L1")
    if place is None or abs(value) > MOST_A_OR_V:
        return False
    column = reading.voltage_v if sample.measurand == "Voltage" else reading.current_a
    column[place] = value
    return True


def _take_soc(reading: MeterReading, sample: SampledValue, percent: float) -> bool:
    if not 0 <= percent <= 100:  # noqa: PLR2004 -- percent
        return False
    reading.soc_percent = round(percent)
    return True


TAKERS: dict[str, Callable[[MeterReading, SampledValue, float], bool]] = {
    "Energy.Active.Import.Register": _take_energy,
    "Power.Active.Import": _take_power,
    "Current.Import": _take_phase,
    "Voltage": _take_phase,
    "SoC": _take_soc,
}


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
