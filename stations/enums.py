"""The words of stations, spelled as on the wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EvseStatus(TextChoices):
    """What a station reports of an EVSE: the words of OCPP 1.6 StatusNotification, which keep
    more than later versions do; `Unknown` until it reported."""

    UNKNOWN = "Unknown", _("Not reported")
    AVAILABLE = "Available", _("Available")
    PREPARING = "Preparing", _("Preparing")
    CHARGING = "Charging", _("Charging")
    SUSPENDED_EVSE = "SuspendedEVSE", _("Paused by station")
    SUSPENDED_EV = "SuspendedEV", _("Paused by vehicle")
    FINISHING = "Finishing", _("Finishing")
    RESERVED = "Reserved", _("Reserved")
    UNAVAILABLE = "Unavailable", _("Out of service")
    FAULTED = "Faulted", _("Faulted")


class Availability(TextChoices):
    """What the CPO wants (OCPP ChangeAvailability)."""

    OPERATIVE = "Operative", _("In service")
    INOPERATIVE = "Inoperative", _("Out of service")


class Registration(TextChoices):
    """Our answer to BootNotification."""

    ACCEPTED = "Accepted", _("Accepted")
    PENDING = "Pending", _("Pending")
    REJECTED = "Rejected", _("Rejected")


class CommandStatus(TextChoices):
    """The life of a command to a station."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    FAILED = "failed", _("Failed")
    TIMED_OUT = "timed_out", _("No answer")


OPEN_COMMAND = frozenset({CommandStatus.QUEUED, CommandStatus.SENT})


class WhenOffline(TextChoices):
    """What becomes of a command for a station that is not connected."""

    FAIL = "fail", _("Fail at once")
    KEEP = "keep", _("Keep until the station is back")


class ChargeType(TextChoices):
    """Type of an EVSE by its strongest connector."""

    SLOW = "slow", _("Slow")
    FAST = "fast", _("Fast")
    RAPID = "rapid", _("Rapid")


class Direction(TextChoices):
    """Who asked, in the message log."""

    IN = "in", _("From the station")
    OUT = "out", _("To the station")


class PowerType(TextChoices):
    """OCPI 2.2.1 §8.4.19."""

    AC_1_PHASE = "AC_1_PHASE", _("AC, one phase")
    AC_2_PHASE = "AC_2_PHASE", _("AC, two phases")
    AC_2_PHASE_SPLIT = "AC_2_PHASE_SPLIT", _("AC, split phase")
    AC_3_PHASE = "AC_3_PHASE", _("AC, three phases")
    DC = "DC", _("DC")


class ConnectorFormat(TextChoices):
    """OCPI 2.2.1 §8.4.4."""

    SOCKET = "SOCKET", _("Socket")
    CABLE = "CABLE", _("Cable")
