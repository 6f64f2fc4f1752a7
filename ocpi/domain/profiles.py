"""Charging profiles as OCPI writes them (2.2.1 §14.4, the same in 2.3.0). Pure."""

from decimal import Decimal
from typing import Any

from energy.domain.profiles import ActivePlan, ChargingProfile, Step
from energy.enums import RateUnit
from energy.errors import BadProfile
from ocpi.domain.datetimes import parsed, written

Json = dict[str, Any]


def profile_of(body: Json) -> ChargingProfile:
    """What a ChargingProfile that fits its schema says. Raises BadProfile."""
    starts_at = None
    if "start_date_time" in body:
        starts_at = parsed(body["start_date_time"])
        if starts_at is None:
            raise BadProfile("start_date_time: there is no such time")
    least = body.get("min_charging_rate")
    return ChargingProfile(
        unit=RateUnit(body["charging_rate_unit"]),
        steps=tuple(
            Step(int(period["start_period"]), Decimal(str(period["limit"])))
            for period in body.get("charging_profile_period", [])
        ),
        starts_at=starts_at,
        duration_s=None if body.get("duration") is None else int(body["duration"]),
        min_rate=None if least is None else Decimal(str(least)),
    )


def profile_object(profile: ChargingProfile) -> Json:
    """A ChargingProfile."""
    body: Json = {
        "charging_rate_unit": profile.unit,
        "charging_profile_period": [
            {"start_period": step.start_s, "limit": float(step.limit)} for step in profile.steps
        ],
    }
    if profile.starts_at is not None:
        body["start_date_time"] = written(profile.starts_at)
    if profile.duration_s is not None:
        body["duration"] = profile.duration_s
    if profile.min_rate is not None:
        body["min_charging_rate"] = float(profile.min_rate)
    return body


def active_profile(plan: ActivePlan) -> Json:
    """An ActiveChargingProfile: times count from when the station calculated it."""
    return {
        "start_date_time": written(plan.calculated_at),
        "charging_profile": profile_object(plan.profile),
    }
