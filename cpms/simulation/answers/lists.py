"""Local authorization list management (OCPP 1.6 §5.10, §5.15)."""

from typing import TYPE_CHECKING

from cpms.simulation.link import Payload, Refused

if TYPE_CHECKING:
    from cpms.simulation.station import Station

NOT_SUPPORTED = -1


def get_local_list_version(station: "Station", payload: Payload) -> Payload:
    if not station.configuration.truth("LocalAuthListEnabled"):
        return {"listVersion": NOT_SUPPORTED}
    return {"listVersion": station.memory.local_list_version}


def send_local_list(station: "Station", payload: Payload) -> Payload:
    if not station.configuration.truth("LocalAuthListEnabled"):
        return {"status": "NotSupported"}
    entries = payload.get("localAuthorizationList", [])
    if len(entries) > station.configuration.number("SendLocalListMaxLength"):
        raise Refused("OccurenceConstraintViolation", "more entries than SendLocalListMaxLength")
    is_full = payload["updateType"] == "Full"
    names = set() if is_full else set(station.memory.local_list)
    for entry in entries:
        (names.add if "idTagInfo" in entry else names.discard)(entry["idTag"].upper())
    if len(names) > station.configuration.number("LocalAuthListMaxLength"):
        return {"status": "Failed"}
    version = payload["listVersion"]
    return {"status": station.charging.authority.update(version, entries, is_full=is_full)}
