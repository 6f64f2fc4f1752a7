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
Slot = tuple[str, float, float, bool]  # column, what it may hold (least, most), whole numbers

ENERGY: Slot = ("energy_wh", -(2.0**60), 2.0**60, True)
POWER: Slot = ("power_w", -(2.0**31) + 1, 2.0**31 - 1, True)
STATE_OF_CHARGE: Slot = ("soc_percent", 0, 100, True)
MOST_A_OR_V = 1e6
SLOTS: dict[tuple[str, str | None], Slot] = {  # where a sample goes, by measurand and phase
    ("Energy.Active.Import.Register", None): ENERGY,
    ("Power.Active.Import", None): POWER,
    ("SoC", None): STATE_OF_CHARGE,
    **{
        (measurand, phase): (f"{column}_l{number}_{unit}", -MOST_A_OR_V, MOST_A_OR_V, False)
        for measurand, column, unit in (
            ("Current.Import", "current", "a"),
            ("Voltage", "voltage", "v"),
        )
        for number, phases in enumerate((("L1", "L1-N", None), ("L2", "L2-N"), ("L3", "L3-N")), 1)
        for phase in phases
    },
}
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
    """One reading per meter value that holds samples; measurands without a column are kept in `other`.

    `content` is the request as it came: its hash makes a resent request the same rows.
    """
    digest = int.from_bytes(hashlib.blake2b(content, digest_size=7).digest(), "big")
    found = []
    for index, value in enumerate(values):
        if not value.sampled_value:
            continue
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
        if slot is not None:
            name, least, most, is_whole = slot
            if least <= number <= most:
                setattr(reading, name, round(number) if is_whole else number)
                continue
        elif sample.measurand == "Power.Active.Import" and sample.phase in PHASE_POWERS:
            phase_powers += number if _fits(POWER, number) else 0
        other.append(msgspec.to_builtins(sample))
    if reading.power_w is None and phase_powers and _fits(POWER, phase_powers):
        reading.power_w = round(phase_powers)
    reading.other = other or None


def _number_of(sample: SampledValue) -> float:
    """The value in the column's unit; not a number (which fits nowhere) where it is none that a
    column can hold."""
    if sample.format != "Raw" or sample.location == "Inlet":
        return math.nan
    try:
        number = float(sample.value)
    except ValueError:
        return math.nan
    return number * 1000 if sample.unit in THOUSANDS else number


def _fits(slot: Slot, number: float) -> bool:
    return slot[1] <= number <= slot[2]
