"""From OCPP 1.6 meter values to version-neutral meter readings."""

import hashlib
import math
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, get_args

import msgspec

from booking.domain.facts import MeterReading
from booking.domain.plausibility import trusted_time
from ocpp_gateway.v16.messages import MeterValue, Place, SampledValue, Unit

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
MOST_A_OR_V = 1e6


class Slot(NamedTuple):
    """Where a sample goes, and what may go there once it is multiplied."""

    column: str
    least: float
    most: float
    is_whole: bool
    factor: float = 1


ENERGY = Slot("energy_wh", -(2.0**60), 2.0**60, is_whole=True)
POWER = Slot("power_w", -(2.0**31) + 1, 2.0**31 - 1, is_whole=True)
STATE_OF_CHARGE = Slot("soc_percent", 0, 100, is_whole=True)
PHASE_POWER = POWER._replace(column="")
SLOTS: dict[tuple[str, str | None], Slot] = {  # by measurand and phase
    ("Energy.Active.Import.Register", None): ENERGY,
    ("Power.Active.Import", None): POWER,
    **{("Power.Active.Import", f"L{number}{to}"): PHASE_POWER for number in (1, 2, 3) for to in ("", "-N")},
    ("SoC", None): STATE_OF_CHARGE,
    **{
        (measurand, phase): Slot(f"{column}_l{number}_{unit}", -MOST_A_OR_V, MOST_A_OR_V, is_whole=False)
        for measurand, column, unit in (
            ("Current.Import", "current", "a"),
            ("Voltage", "voltage", "v"),
        )
        for number, phases in enumerate((("L1", "L1-N", None), ("L2", "L2-N"), ("L3", "L3-N")), 1)
        for phase in phases
    },
}  # fmt: skip
THOUSANDS = ("kWh", "kW")
SLOT_OF = {  # by all that decides; a sample of any other kind is kept in `other`
    (measurand, phase, unit, "Raw", place): slot._replace(factor=1000 if unit in THOUSANDS else 1)
    for (measurand, phase), slot in SLOTS.items()
    for unit in (None, *get_args(Unit))
    for place in get_args(Place)
    if place != "Inlet"
}


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
        kind = (sample.measurand, sample.phase, sample.unit, sample.format, sample.location)
        slot = SLOT_OF.get(kind)
        if slot is not None:
            column, least, most, is_whole, factor = slot
            try:
                number = float(sample.value) * factor
            except ValueError:
                number = math.nan  # which fits nowhere
            if least <= number <= most:
                if column:
                    setattr(reading, column, round(number) if is_whole else number)
                    continue
                phase_powers += number
        other.append(msgspec.to_builtins(sample))
    if reading.power_w is None and phase_powers and POWER.least <= phase_powers <= POWER.most:
        reading.power_w = round(phase_powers)
    reading.other = other or None
