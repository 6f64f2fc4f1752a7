"""Smart charging profile (OCPP 1.6 §5.4, §5.7, §5.16): limits that the power really follows."""

from typing import TYPE_CHECKING

from cpms.simulation.clock import timestamp
from cpms.simulation.link import Payload
from cpms.simulation.physics import Outlet
from cpms.simulation.profiles import Profile, composite, composite_schedule

if TYPE_CHECKING:
    from cpms.simulation.station import Station

STATION = 0


def set_charging_profile(station: "Station", payload: Payload) -> Payload:
    profile = Profile(payload["connectorId"], payload["csChargingProfiles"])
    if not _fits(station, profile):
        return {"status": "Rejected"}
    kept = [held for held in station.charging.profiles if not profile.replaces(held)]
    if len(kept) >= station.configuration.number("MaxChargingProfilesInstalled"):
        return {"status": "Rejected"}
    _apply(station, [*kept, profile])
    return {"status": "Accepted"}


def clear_charging_profile(station: "Station", payload: Payload) -> Payload:
    kept = [held for held in station.charging.profiles if not held.matches(payload)]
    if len(kept) == len(station.charging.profiles):
        return {"status": "Unknown"}
    _apply(station, kept)
    return {"status": "Accepted"}


def get_composite_schedule(station: "Station", payload: Payload) -> Payload:
    """For connector 0: the limit of the grid connection, the sum of the outlets without one."""
    number, duration_s = payload["connectorId"], int(payload["duration"])
    charging, at = station.charging, station.clock.now()
    if number != STATION and number not in charging.connectors:
        return {"status": "Rejected"}
    first = charging.connectors[number or 1]
    situation, outlet, profiles = charging.situation(first), first.outlet, charging.profiles
    if number == STATION:
        outlet = Outlet(sum(o.max_w for o in station.spec.outlets), outlet.phases, outlet.volts)
        profiles = [held for held in profiles if held.purpose == "ChargePointMaxProfile"]
    steps = composite(profiles, situation, at, duration_s)
    unit = payload.get("chargingRateUnit", "W")
    return {
        "status": "Accepted",
        "connectorId": number,
        "scheduleStart": timestamp(at),
        "chargingSchedule": composite_schedule(steps, at, duration_s, outlet, unit),
    }


def _apply(station: "Station", profiles: list[Profile]) -> None:
    """Energy until now flowed under the old limits, from now on under the new ones."""
    for connector in station.charging.connectors.values():
        connector.advance()
    station.charging.profiles = profiles
    station.charging.nudge()


def _fits(station: "Station", profile: Profile) -> bool:
    connector = station.charging.connectors.get(profile.connector)
    if connector is None and profile.connector != STATION:
        return False
    if profile.level > station.configuration.number("ChargeProfileMaxStackLevel"):
        return False
    periods = profile.schedule["chargingSchedulePeriod"]
    if not 0 < len(periods) <= station.configuration.number("ChargingScheduleMaxPeriods"):
        return False
    if profile.purpose == "ChargePointMaxProfile":
        return profile.connector == STATION
    if profile.purpose != "TxProfile":
        return True
    running = connector.transaction if connector else None
    named = profile.body.get("transactionId")
    return running is not None and named in {None, running.transaction_id}
