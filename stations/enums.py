"""The words of stations, spelled as on the wire."""

from django.db.models import TextChoices


class EvseStatus(TextChoices):
    """What a station reports of an EVSE: the words of OCPP 1.6 StatusNotification, which keep
    more than later versions do; `Unknown` until it reported."""

    UNKNOWN = "Unknown", "Not reported"
    AVAILABLE = "Available", "Available"
    PREPARING = "Preparing", "Preparing"
    CHARGING = "Charging", "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE", "Paused by station"
    SUSPENDED_EV = "SuspendedEV", "Paused by vehicle"
    FINISHING = "Finishing", "Finishing"
    RESERVED = "Reserved", "Reserved"
    UNAVAILABLE = "Unavailable", "Out of service"
    FAULTED = "Faulted", "Faulted"


class Availability(TextChoices):
    """What the CPO wants (OCPP ChangeAvailability)."""

    OPERATIVE = "Operative", "In service"
    INOPERATIVE = "Inoperative", "Out of service"


class Registration(TextChoices):
    """Our answer to BootNotification."""

    ACCEPTED = "Accepted", "Accepted"
    PENDING = "Pending", "Pending"
    REJECTED = "Rejected", "Rejected"


class CommandStatus(TextChoices):
    """The life of a command to a station."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    FAILED = "failed", "Failed"
    TIMED_OUT = "timed_out", "No answer"


OPEN_COMMAND = frozenset({CommandStatus.QUEUED, CommandStatus.SENT})


class WhenOffline(TextChoices):
    """What becomes of a command for a station that is not connected."""

    FAIL = "fail", "Fail at once"
    KEEP = "keep", "Keep until the station is back"


class ChargeType(TextChoices):
    """Type of an EVSE by its strongest connector."""

    SLOW = "slow", "Slow"
    FAST = "fast", "Fast"
    RAPID = "rapid", "Rapid"


class Direction(TextChoices):
    """Who asked, in the message log."""

    IN = "in", "From the station"
    OUT = "out", "To the station"


class PowerType(TextChoices):
    """OCPI 2.2.1 §8.4.19."""

    AC_1_PHASE = "AC_1_PHASE", "AC, one phase"
    AC_2_PHASE = "AC_2_PHASE", "AC, two phases"
    AC_2_PHASE_SPLIT = "AC_2_PHASE_SPLIT", "AC, split phase"
    AC_3_PHASE = "AC_3_PHASE", "AC, three phases"
    DC = "DC", "DC"


class ConnectorFormat(TextChoices):
    """OCPI 2.2.1 §8.4.4."""

    SOCKET = "SOCKET", "Socket"
    CABLE = "CABLE", "Cable"
