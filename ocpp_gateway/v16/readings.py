"""From OCPP 1.6 meter values to version-neutral meter readings."""

import hashlib
import math
from collections.abc import Iterable
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
SLOTS: dict[tuple[str, str | None], str] = {  # where a sample goes, by measurand and phase
    ("Energy.Active.Import.Register", None): "energy_wh",
    ("Power.Active.Import", None): "power_w",
    ("SoC", None): "soc_percent",
    **{
        (measurand, phase): f"{column}_l{number}_{unit}"
        for measurand, column, unit in (
            ("Current.Import", "current", "a"),
            ("Voltage", "voltage", "v"),
        )
        for number, phases in enumerate((("L1", "L1-N", None), ("L2", "L2-N"), ("L3", "L3-N")), 1)
        for phase in phases
    },
}
MOST_A_OR_V = 1e6
MOST: dict[str, tuple[float, float]] = {  # what a column may hold
    "energy_wh": (-(2.0**60), 2.0**60),
    "power_w": (-(2.0**31) + 1, 2.0**31 - 1),
    "soc_percent": (0, 100),
}
WHOLE = frozenset(MOST)
THOUSANDS = frozenset({"kWh", "kW"})
PHASE_POWERS = frozenset({"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"})


def readings_of(  # noqa: PLR0913 -- whose they are, and what
    values: Iterable[MeterValue],
    *,
    content: bytes,
    station_id: int,
    epoch: int,
    evse_number: int,
    reference: str | None,
    now: datetime,
) -> list[MeterReading]:
    """One reading per meter value; measurands without a column are kept in `other`.

    `content` is the request as it came: its hash makes a resent request the same rows.
    """
    digest = int.from_bytes(hashlib.blake2b(content, digest_size=7).digest(), "big")
    found = []
    for index, value in enumerate(values):
        reading = MeterReading(
            station_id=station_id,
            epoch=epoch,
            evse_number=evse_number,
            measured_at=trusted_time(value.timestamp, now)[0],
            received_at=now,
            content_hash=digest + index,
            context=CONTEXTS[value.sampled_value[0].context],
            transaction_reference=reference,
        )
        _fill(reading, value.sampled_value)
        found.append(reading)
    return found


def _fill(reading: MeterReading, samples: Iterable[SampledValue]) -> None:
    """Put samples into their columns; the total power counts before a sum of phases."""
    other: list[dict[str, object]] = []
    phase_powers = 0.0
    for sample in samples:
        number = _number_of(sample)
        slot = SLOTS.get((sample.measurand, sample.phase))
        if number is None:
            other.append(msgspec.to_builtins(sample))
        elif slot is None:
            if sample.measurand == "Power.Active.Import" and sample.phase in PHASE_POWERS:
                phase_powers += number
            other.append(msgspec.to_builtins(sample))
        elif _fits(slot, number):
            setattr(reading, slot, round(number) if slot in WHOLE else number)
        else:
            other.append(msgspec.to_builtins(sample))
    if reading.power_w is None and phase_powers and _fits("power_w", phase_powers):
        reading.power_w = round(phase_powers)
    reading.other = other or None


def _number_of(sample: SampledValue) -> float | None:
    """The value in the column's unit; None where it is none that a column can hold."""
    if sample.format != "Raw" or sample.location == "Inlet":
        return None
    try:
        number = float(sample.value)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return number * 1000 if sample.unit in THOUSANDS else number


def _fits(slot: str, number: float) -> bool:
    low, high = MOST.get(slot, (-MOST_A_OR_V, MOST_A_OR_V))
    return low <= number <= high
