from cpms.kernel.errors import Conflict, Invalid, Missing


class UnknownStation(Missing):
    code, message = "unknown_station", "There is no such station."


class UnknownLocation(Missing):
    code, message = "unknown_location", "There is no such location."


class StillInUse(Conflict):
    code, message = "still_in_use", "It has EVSEs, sessions or stations and cannot be deleted."


class UnknownEvse(Missing):
    code, message = "unknown_evse", "There is no such EVSE."


class UnknownConnector(Missing):
    code, message = "unknown_connector", "There is no such connector."


class UnknownCommand(Missing):
    code, message = "unknown_command", "There is no such command."


class AlreadyExists(Conflict):
    code, message = "already_exists", "There is one with this id or number already."


class EvseElsewhere(Invalid):
    code, message = "evse_elsewhere", "An EVSE and its station stand at the same location."


class MaintenanceEndsBadly(Invalid):
    code = "maintenance_ends_badly"
    message = "Maintenance ends after now and within ten years."


class UnknownAction(Invalid):
    code, message = "unknown_action", "OCPP has no such request to a station."


class InvalidPayload(Invalid):
    code, message = "invalid_payload", "The payload does not fit this OCPP request."


class StationOffline(Conflict):
    code, message = "station_offline", "The station is not connected."


class WeakKey(Invalid):
    code, message = "weak_key", "A station's key must have 8 to 64 printable characters."


class InvalidFleet(Invalid):
    code, message = "invalid_fleet", "The file has entries that cannot be taken."
