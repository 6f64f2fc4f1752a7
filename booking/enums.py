"""The words of the driver's journey, spelled as on the wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SessionStatus(TextChoices):
    """OCPI 2.2.1 §9.4.2."""

    PENDING = "PENDING", _("Starting")
    ACTIVE = "ACTIVE", _("Charging")
    COMPLETED = "COMPLETED", _("Completed")
    INVALID = "INVALID", _("Invalid")
    RESERVATION = "RESERVATION", _("Reserved")


class ReservationStatus(TextChoices):
    """The words of OCPI 2.3.0's bookings; `PENDING` until the station has answered."""

    PENDING = "PENDING", _("Asked of the station")
    RESERVED = "RESERVED", _("Reserved")
    FULFILLED = "FULFILLED", _("Used")
    CANCELED = "CANCELED", _("Cancelled")
    NO_SHOW = "NO_SHOW", _("Not used")
    REJECTED = "REJECTED", _("Refused by the station")
    FAILED = "FAILED", _("Could not be kept")


OPEN_RESERVATION = frozenset({ReservationStatus.PENDING, ReservationStatus.RESERVED})


class HeldBy(TextChoices):
    """Who keeps others from a reserved EVSE at present."""

    NOBODY = "", _("Nobody yet")
    CPMS = "CPMS", _("By the CPMS")
    STATION = "STATION", _("By the station")


class CanceledBy(TextChoices):
    """Who cancelled a reservation: the CPO's staff, or the driver (the eMSP for its driver)."""

    CPO = "CPO", _("The operator")
    EMSP = "EMSP", _("The driver")


class AuthMethod(TextChoices):
    """OCPI 2.2.1 §10.4.1."""

    AUTH_REQUEST = "AUTH_REQUEST", _("Asked the issuer")
    COMMAND = "COMMAND", _("Started remotely")
    WHITELIST = "WHITELIST", _("Known token")


class TokenType(TextChoices):
    """OCPI 2.2.1 §12.4.2."""

    RFID = "RFID", _("RFID card")
    APP_USER = "APP_USER", _("App user")
    AD_HOC_USER = "AD_HOC_USER", _("Ad hoc")
    OTHER = "OTHER", _("Other")


class WhitelistType(TextChoices):
    """OCPI 2.2.1 §12.4.3."""

    ALWAYS = "ALWAYS", _("Always")
    ALLOWED = "ALLOWED", _("Allowed")
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE", _("Allowed offline")
    NEVER = "NEVER", _("Never")


class AuthorizationStatus(TextChoices):
    """OCPP 1.6 §7.2 AuthorizationStatus."""

    ACCEPTED = "Accepted", _("Accepted")
    BLOCKED = "Blocked", _("Blocked")
    EXPIRED = "Expired", _("Expired")
    INVALID = "Invalid", _("Invalid")
    CONCURRENT_TX = "ConcurrentTx", _("Already charging")


class Flag(TextChoices):
    """What a person should know of a session before it is billed."""

    STOP_UNKNOWN = "stop_unknown", _("The station never reported the stop")
    NEGATIVE_ENERGY = "negative_energy", _("The meter ran backwards")
    METER_JUMP = "meter_jump", _("The meter jumped")
    CLOCK_WRONG = "clock_wrong", _("The station's clock was wrong")
    RESERVED_FOR_ANOTHER = "reserved_for_another", _("Charged where it was reserved for another")
    NOT_AUTHORIZED = "not_authorized", _("Charged without a valid token")
    STOP_BEFORE_START = "stop_before_start", _("The stop was reported before the start")
    STOP_CONTRADICTED = "stop_contradicted", _("Two stops disagree")


class ListTrouble(TextChoices):
    """Why a station's local authorization list is not as it should be."""

    UNSUPPORTED = "unsupported", _("The station has no such list, or it is switched off there")
    FAILED = "failed", _("The station did not take the list")
