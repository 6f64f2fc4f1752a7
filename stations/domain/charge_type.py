"""Slow, fast or rapid: the type of an EVSE by its strongest connector."""

from collections.abc import Iterable

from stations.enums import ChargeType, PowerType

FAST_FROM_W = 7_400
RAPID_FROM_W = 50_000
PHASES = {
    PowerType.AC_1_PHASE: 1.0,
    PowerType.AC_2_PHASE: 2.0,
    PowerType.AC_2_PHASE_SPLIT: 2.0,
    PowerType.AC_3_PHASE: 3.0,
    PowerType.DC: 1.0,
}


def power_w(power_type: str, voltage_v: int, amperage_a: int, declared_w: int | None) -> int:
    """What a connector can deliver: as declared, else volts × amperes × phases. OCPI counts
    `max_voltage` of three-phase connectors line to neutral (2.2.1 §8.3.3)."""
    if declared_w:
        return declared_w
    return round(voltage_v * amperage_a * PHASES[PowerType(power_type)])


def charge_type(connector_powers_w: Iterable[int]) -> ChargeType:
    """Slow below 7.4 kW, rapid from 50 kW, fast between; by the strongest connector."""
    strongest = max(connector_powers_w, default=0)
    if strongest >= RAPID_FROM_W:
        return ChargeType.RAPID
    return ChargeType.FAST if strongest >= FAST_FROM_W else ChargeType.SLOW
