"""Charging profiles (OCPP 1.6 §3.13): which limit holds when. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cpms.simulation.clock import instant, timestamp
from cpms.simulation.physics import Outlet

PERIOD = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as it was set for `connector` (0: the whole station); `body` is csChargingProfiles."""

    connector: int
    body: dict[str, Any]

    @property
    def purpose(self) -> str:
        return str(self.body["chargingProfilePurpose"])

    @property
    def level(self) -> int:
        return int(self.body["stackLevel"])

    @property
    def schedule(self) -> dict[str, Any]:
        return dict(self.body["chargingSchedule"])

    def replaces(self, other: "Profile") -> bool:
        """§5.16.1: the same id, or the same purpose and level at the same connector."""
        same_place = (self.connector, self.purpose, self.level) == (
            other.connector,
            other.purpose,
            other.level,
        )
        return same_place or self.body["chargingProfileId"] == other.body["chargingProfileId"]

    def matches(self, request: dict[str, Any]) -> bool:
        """Whether ClearChargingProfile.req (§5.4) means this one."""
        if "id" in request:
            return bool(self.body["chargingProfileId"] == request["id"])
        mine = {
            "connectorId": self.connector,
            "chargingProfilePurpose": self.purpose,
            "stackLevel": self.level,
        }
        return all(request.get(name, value) == value for name, value in mine.items())


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a limit is asked for; `started_at` is the transaction's, if any; `sharers` sessions
    draw on the station's maximum."""

    connector: int
    outlet: Outlet
    started_at: datetime | None = None
    sharers: int = 1


def limit_w(profiles: Iterable[Profile], situation: Situation, at: datetime) -> float | None:
    """The limit that holds at `at`: the transaction's own profile before the default one, the
    highest stack level first, and never more than the station's maximum. None: no limit."""
    held = list(profiles)
    own = _strongest(held, "TxProfile", situation, at) if situation.started_at else None
    if own is None:
        own = _strongest(held, "TxDefaultProfile", situation, at)
    most = _strongest(held, "ChargePointMaxProfile", situation, at)
    shared = None if most is None else most / max(1, situation.sharers)
    limits = [limit for limit in (own, shared) if limit is not None]
    return min(limits) if limits else None


def composite(
    profiles: Iterable[Profile], situation: Situation, at: datetime, duration_s: int
) -> list[tuple[int, float | None]]:
    """(start in seconds from `at`, limit in W) for every change within the duration."""
    held = list(profiles)
    steps: list[tuple[int, float | None]] = []
    for start_s in sorted(_changes(held, situation, at, duration_s)):
        limit = limit_w(held, situation, at + timedelta(seconds=start_s))
        if not steps or steps[-1][1] != limit:
            steps.append((start_s, limit))
    return steps


def _strongest(
    profiles: list[Profile], purpose: str, situation: Situation, at: datetime
) -> float | None:
    mine = [p for p in profiles if p.purpose == purpose and p.connector in {0, situation.connector}]
    for profile in sorted(mine, key=lambda p: (p.level, p.connector), reverse=True):
        if (limit := _limit_of(profile, situation, at)) is not None:
            return limit
    return None


def _limit_of(profile: Profile, situation: Situation, at: datetime) -> float | None:
    origin = _origin(profile, situation, at)
    if origin is None or not _is_valid(profile, at):
        return None
    schedule = profile.schedule
    offset_s = (at - origin).total_seconds()
    if offset_s < 0 or offset_s >= schedule.get("duration", float("inf")):
        return None
    running = [p for p in schedule["chargingSchedulePeriod"] if p["startPeriod"] <= offset_s]
    if not running:
        return None
    limit, phases = float(running[-1]["limit"]), running[-1].get("numberPhases")
    in_amperes = schedule["chargingRateUnit"] == "A"
    return situation.outlet.watts(limit, phases) if in_amperes else limit


def _is_valid(profile: Profile, at: datetime) -> bool:
    valid_from, valid_to = profile.body.get("validFrom"), profile.body.get("validTo")
    return not (valid_from and at < instant(valid_from)) and not (
        valid_to and at >= instant(valid_to)
    )


def _origin(profile: Profile, situation: Situation, at: datetime) -> datetime | None:
    """When the schedule's clock began to run."""
    start = profile.schedule.get("startSchedule")
    kind = profile.body["chargingProfileKind"]
    if kind == "Relative" or start is None:
        return situation.started_at or (at if kind == "Relative" else None)
    first = instant(start)
    if kind == "Recurring" and at > first:
        period = PERIOD[profile.body.get("recurrencyKind", "Daily")]
        return first + (at - first) // period * period
    return first


def _changes(
    profiles: list[Profile], situation: Situation, at: datetime, duration_s: int
) -> set[int]:
    moments = {0}
    for profile in profiles:
        schedule = profile.schedule
        starts = [p["startPeriod"] for p in schedule["chargingSchedulePeriod"]]
        ends = [schedule["duration"]] if "duration" in schedule else []
        for day in range(duration_s // 86_400 + 2):
            origin = _origin(profile, situation, at + timedelta(days=day))
            if origin is not None:
                moments |= {round((origin - at).total_seconds()) + s for s in starts + ends}
        for name in ("validFrom", "validTo"):
            if name in profile.body:
                moments.add(round((instant(profile.body[name]) - at).total_seconds()))
    return {moment for moment in moments if 0 <= moment < duration_s}


def composite_schedule(
    steps: list[tuple[int, float | None]], at: datetime, duration_s: int, outlet: Outlet, unit: str
) -> dict[str, Any]:
    """`composite` as the chargingSchedule of GetCompositeSchedule.conf."""
    divisor = outlet.watts(1) if unit == "A" else 1
    periods = [
        {"startPeriod": start_s, "limit": round((outlet.max_w if w is None else w) / divisor, 1)}
        for start_s, w in steps
    ]
    return {
        "duration": duration_s,
        "startSchedule": timestamp(at),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
