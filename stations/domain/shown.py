"""One vocabulary for the state of an EVSE, whoever asks (design guide of the portal, §6)."""

from dataclasses import dataclass

from stations.enums import Availability, EvseStatus


@dataclass(frozen=True, slots=True)
class Shown:
    """A state as people read it: a word, an icon and a tone, never a colour alone."""

    word: str
    icon: str
    tone: str


AVAILABLE = Shown("Available", "circle-check", "ok")
OFFLINE = Shown("Offline", "wifi-off", "grey")
OUT_OF_SERVICE = Shown("Out of service", "tool", "grey")
RESERVED = Shown("Reserved", "bookmark", "violet")
NOT_REPORTED = Shown("Not reported", "help-circle", "grey")
OF_STATUS = {
    EvseStatus.UNKNOWN: NOT_REPORTED,
    EvseStatus.AVAILABLE: AVAILABLE,
    EvseStatus.PREPARING: Shown("Preparing", "plug-connected", "info"),
    EvseStatus.CHARGING: Shown("Charging", "bolt", "info"),
    EvseStatus.SUSPENDED_EVSE: Shown("Paused by station", "clock", "warn"),
    EvseStatus.SUSPENDED_EV: Shown("Paused by vehicle", "clock", "warn"),
    EvseStatus.FINISHING: Shown("Finishing", "clock", "info"),
    EvseStatus.RESERVED: RESERVED,
    EvseStatus.UNAVAILABLE: OUT_OF_SERVICE,
    EvseStatus.FAULTED: Shown("Faulted", "alert-triangle", "bad"),
}
NOT_WORKING = frozenset({OFFLINE, OUT_OF_SERVICE, NOT_REPORTED, OF_STATUS[EvseStatus.FAULTED]})


def shown(
    status: str, availability: str, *, is_connected: bool, is_reserved: bool = False
) -> Shown:
    """What a person should read: a station that is away tells nothing; what the CPO took out
    of service is so, whatever the station reported last; what is kept for somebody is not
    available."""
    if not is_connected:
        return OFFLINE
    if availability == Availability.INOPERATIVE and status != EvseStatus.CHARGING:
        return OUT_OF_SERVICE
    if is_reserved and status == EvseStatus.AVAILABLE:
        return RESERVED
    return OF_STATUS[EvseStatus(status)]
