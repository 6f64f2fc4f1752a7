"""Core profile (OCPP 1.6 §5)."""

from typing import TYPE_CHECKING

from cpms.simulation.configuration import KEYS
from cpms.simulation.link import Payload, Refused

if TYPE_CHECKING:
    from cpms.simulation.station import Station

LONGEST_VALUE = 500


def change_availability(station: "Station", payload: Payload) -> Payload:
    number, operative = payload["connectorId"], payload["type"] == "Operative"
    if number != 0 and number not in station.charging.connectors:
        return {"status": "Rejected"}
    status = station.statuses.set_operative(number, operative=operative)
    station.afterwards(station.statuses.report)
    return {"status": status}


def change_configuration(station: "Station", payload: Payload) -> Payload:
    """A new AuthorizationKey is used at once: hang up and dial with it (whitepaper A01)."""
    name, value = payload["key"], payload["value"]
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        raise Refused("TypeConstraintViolation", "value is a string of at most 500")
    status = station.configuration.change(name, value)
    if status != "Accepted":
        return {"status": status}
    if name == "AuthorizationKey":
        station.configuration.changed.pop(name)
        station.memory.former_key, station.memory.key = station.memory.key, value
        station.afterwards(lambda: station.spawn(station.hang_up()))
    if name == "HeartbeatInterval":
        station.heartbeat_changed.set()
    station.charging.nudge()
    return {"status": status}


def clear_cache(station: "Station", payload: Payload) -> Payload:
    if not station.configuration.truth("AuthorizationCacheEnabled"):
        return {"status": "Rejected"}
    station.charging.authority.cache.clear()
    return {"status": "Accepted"}


def data_transfer(station: "Station", payload: Payload) -> Payload:
    if payload["vendorId"] != station.spec.vendor:
        return {"status": "UnknownVendorId"}
    if payload.get("messageId") != "echo":
        return {"status": "UnknownMessageId"}
    return {"status": "Accepted", "data": str(payload.get("data", ""))}


def get_configuration(station: "Station", payload: Payload) -> Payload:
    names = payload.get("key", [])
    if len(names) > len(KEYS) + 20:
        raise Refused("OccurenceConstraintViolation", "more keys than GetConfigurationMaxKeys")
    return station.configuration.report(names)


def remote_start_transaction(station: "Station", payload: Payload) -> Payload:
    """Rejected while pending (§4.2), at an unknown connector, or where nobody may start."""
    id_tag, number = payload["idTag"], payload.get("connectorId")
    profile = payload.get("chargingProfile")
    is_known = number is None or number in station.charging.connectors
    is_fit = profile is None or profile["chargingProfilePurpose"] == "TxProfile"
    if station.registration != "Accepted" or not is_known or not is_fit:
        return {"status": "Rejected"}
    connector = station.charging.choose(id_tag, number)
    if connector is None:
        return {"status": "Rejected"}
    start = station.charging.start_remotely
    station.afterwards(lambda: station.spawn(start(connector, id_tag, profile)))
    return {"status": "Accepted"}


def remote_stop_transaction(station: "Station", payload: Payload) -> Payload:
    connector = station.charging.running(payload["transactionId"])
    if connector is None:
        return {"status": "Rejected"}
    station.afterwards(lambda: station.charging.end(connector, "Remote"))
    return {"status": "Accepted"}


def reset(station: "Station", payload: Payload) -> Payload:
    """Soft: tell first, then reboot. Hard: reboot, then tell (§5.14)."""
    is_soft = payload["type"] == "Soft"
    reason = "SoftReset" if is_soft else "HardReset"
    station.afterwards(lambda: station.spawn(station.reboot(reason, gracefully=is_soft)))
    return {"status": "Accepted"}


def unlock_connector(station: "Station", payload: Payload) -> Payload:
    """A fixed cable has no lock; unlocking ends the transaction (§5.18)."""
    connector = station.charging.connectors.get(payload["connectorId"])
    if connector is None or connector.outlet.fixed_cable:
        return {"status": "NotSupported"}
    if connector.transaction is not None:
        station.afterwards(lambda: station.charging.end(connector, "UnlockCommand"))
    return {"status": "Unlocked"}
