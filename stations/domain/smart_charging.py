"""What an OCPP 1.6 station must refuse of charging profiles (§3.13, §5.11, §5.16, §7.8), by what
its configuration says of it. Pure: a request that no station can take is not sent."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

Json = Mapping[str, Any]
UNITS = {"A": "Current", "W": "Power"}
MOST_PHASES = 3


def profile_faults(action: str, payload: Json, configuration: Json) -> list[str]:
    """`path: reason` for each fault of a request that is in its schema's form."""
    if action == "SetChargingProfile":
        profile = payload["csChargingProfiles"]
        faults = [*_at_connector(payload["connectorId"], profile), *_profile(profile)]
        return [f"csChargingProfiles.{one}" for one in [*faults, *_limits(profile, configuration)]]
    if action == "RemoteStartTransaction" and "chargingProfile" in payload:
        profile = payload["chargingProfile"]
        faults = [*_at_start(profile), *_profile(profile), *_limits(profile, configuration)]
        return [f"chargingProfile.{one}" for one in faults]
    if action == "GetCompositeSchedule" and "chargingRateUnit" in payload:
        return list(_unit(payload["chargingRateUnit"], configuration))
    return []


def _at_connector(number: int, profile: Json) -> Iterator[str]:
    purpose = profile["chargingProfilePurpose"]
    if purpose == "ChargePointMaxProfile" and number != 0:
        yield "chargingProfilePurpose: ChargePointMaxProfile is for connector 0"
    if purpose == "TxProfile" and number == 0:
        yield "chargingProfilePurpose: TxProfile is for a connector, not for the station"
    if purpose != "TxProfile" and "transactionId" in profile:
        yield "transactionId: only for TxProfile"


def _at_start(profile: Json) -> Iterator[str]:
    if profile["chargingProfilePurpose"] != "TxProfile":
        yield "chargingProfilePurpose: must be TxProfile"
    if "transactionId" in profile:
        yield "transactionId: there is none yet"


def _profile(profile: Json) -> Iterator[str]:
    if profile["chargingProfileKind"] == "Recurring" and "recurrencyKind" not in profile:
        yield "recurrencyKind: needed for Recurring"
    if profile["stackLevel"] < 0:
        yield "stackLevel: 0 or more"
    yield from _periods(profile["chargingSchedule"])


def _periods(schedule: Json) -> Iterator[str]:
    path = "chargingSchedule.chargingSchedulePeriod"
    periods = schedule["chargingSchedulePeriod"]
    starts = [period["startPeriod"] for period in periods]
    if not starts or starts[0] != 0:
        yield f"{path}: the first starts at 0"
    if any(later <= earlier for earlier, later in pairwise(starts)):
        yield f"{path}: each starts after the one before"
    if any(period["limit"] < 0 for period in periods):
        yield f"{path}: limits of 0 or more"
    if any(not 1 <= period.get("numberPhases", 1) <= MOST_PHASES for period in periods):
        yield f"{path}: 1 to {MOST_PHASES} phases"


def _limits(profile: Json, configuration: Json) -> Iterator[str]:
    """What this station said that it can."""
    schedule = profile["chargingSchedule"]
    highest = _number(configuration, "ChargeProfileMaxStackLevel")
    if highest is not None and profile["stackLevel"] > highest:
        yield f"stackLevel: this station takes at most {highest}"
    most = _number(configuration, "ChargingScheduleMaxPeriods")
    if most is not None and len(schedule["chargingSchedulePeriod"]) > most:
        yield f"chargingSchedule.chargingSchedulePeriod: this station takes at most {most}"
    for fault in _unit(schedule["chargingRateUnit"], configuration):
        yield f"chargingSchedule.{fault}"


def _unit(unit: str, configuration: Json) -> Iterator[str]:
    said = _value(configuration, "ChargingScheduleAllowedChargingRateUnit")
    names = {part.strip() for part in said.split(",")}
    if names & set(UNITS.values()) and UNITS[unit] not in names:
        yield f"chargingRateUnit: this station takes {said}"


def _number(configuration: Json, key: str) -> int | None:
    said = _value(configuration, key)
    return int(said) if said.isascii() and said.isdecimal() else None


def _value(configuration: Json, key: str) -> str:
    return str((configuration.get(key) or {}).get("value") or "")
