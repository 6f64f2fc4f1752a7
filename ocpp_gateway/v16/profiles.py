"""Charging profiles in the words of OCPP 1.6 (§5.5, §5.7, §5.16); fills `energy.ports`."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from energy.domain.profiles import TENTH, ChargingProfile, Step
from energy.enums import RateUnit
from energy.errors import BadProfile
from energy.ports import Abilities, Composite, Request, Target
from ocpp_gateway.v16.times import wire_time, within_calendar
from stations.domain.configuration import said, whole_number

Json = dict[str, Any]

SUBPROTOCOL = "ocpp1.6"
STATION = 0
STACK_LEVEL = 0  # the one that every station has; there is one profile for each purpose
UNITS = {"Current": RateUnit.AMPERE, "Power": RateUnit.WATT}


class Profiles16:
    """Fills `energy.ports.ProfileLanguage`."""

    def abilities(self, configuration: Mapping[str, Any]) -> Abilities:
        features = said(configuration, "SupportedFeatureProfiles")
        units = said(configuration, "ChargingScheduleAllowedChargingRateUnit")
        most = said(configuration, "ChargingScheduleMaxPeriods")
        known = {UNITS[name] for name in _listed(units) if name in UNITS}
        return Abilities(
            takes_profiles="SmartCharging" in _listed(features) if features else None,
            units=frozenset(known) or None,
            most_steps=whole_number(most),
        )

    def limit(self, target: Target, profile: ChargingProfile) -> Request:
        body = _body(target.profile_id, "TxProfile", profile)
        body["transactionId"] = int(target.transaction)
        return _set(target.evse_number, body)

    def default(self, profile_id: int, limit: ChargingProfile) -> Request:
        return _set(STATION, _body(profile_id, "TxDefaultProfile", limit))

    def maximum(self, profile_id: int, limit: ChargingProfile) -> Request:
        """It starts with no transaction, so the profile says when (§3.13.1)."""
        return _set(STATION, _body(profile_id, "ChargePointMaxProfile", limit))

    def release(self, profile_id: int) -> Request:
        """By its id alone: with more, a station clears whatever else fits (§5.5)."""
        return Request("ClearChargingProfile", {"id": profile_id})

    def ask(self, target: Target, duration_s: int, unit: RateUnit | None) -> Request:
        payload: Json = {"connectorId": target.evse_number, "duration": duration_s}
        if unit is not None:
            payload["chargingRateUnit"] = str(unit)
        return Request("GetCompositeSchedule", payload)

    def composite_in(self, response: Mapping[str, Any]) -> Composite | None:
        """A station's word: None where it makes no sense."""
        schedule = response.get("chargingSchedule")
        try:
            start = response.get("scheduleStart") or (schedule or {}).get("startSchedule")
            calculated_at = start and within_calendar(datetime.fromisoformat(start))
            return Composite(calculated_at, _profile(schedule) if schedule else None)
        except (BadProfile, InvalidOperation, KeyError, TypeError, ValueError, AttributeError):
            return None


def _set(evse_number: int, body: Json) -> Request:
    return Request("SetChargingProfile", {"connectorId": evse_number, "csChargingProfiles": body})


def _body(profile_id: int, purpose: str, profile: ChargingProfile) -> Json:
    schedule: Json = {
        "chargingRateUnit": str(profile.unit),
        "chargingSchedulePeriod": [
            {"startPeriod": step.start_s, "limit": _number(step.limit)} for step in profile.steps
        ],
    }
    if profile.duration_s is not None:
        schedule["duration"] = profile.duration_s
    if profile.starts_at is not None:
        schedule["startSchedule"] = wire_time(profile.starts_at)
    if profile.min_rate is not None:
        schedule["minChargingRate"] = _number(profile.min_rate)
    return {
        "chargingProfileId": profile_id,
        "stackLevel": STACK_LEVEL,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if profile.starts_at is None else "Absolute",
        "chargingSchedule": schedule,
    }


def _profile(schedule: Json) -> ChargingProfile:
    duration, least = schedule.get("duration"), schedule.get("minChargingRate")
    return ChargingProfile(
        unit=RateUnit(schedule["chargingRateUnit"]),
        steps=tuple(
            Step(int(period["startPeriod"]), _rate(period["limit"]))
            for period in schedule["chargingSchedulePeriod"]
        ),
        duration_s=None if duration is None else int(duration),
        min_rate=None if least is None else _rate(least),
    )


def _rate(said: object) -> Decimal:
    return Decimal(str(said)).quantize(TENTH, ROUND_DOWN)


def _number(rate: Decimal) -> int | float:
    return int(rate) if rate == rate.to_integral_value() else float(rate)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]
