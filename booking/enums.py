"""The words of the driver's journey, spelled as on the wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SessionStatus(TextChoices):
    """OCPI 2.2.1 §9.4.2."""

    PENDING = "PENDING", "Starting"
    ACTIVE = "ACTIVE", "Charging"
    COMPLETED = "COMPLETED", "Completed"
    INVALID = "INVALID", "Invalid"
    RESERVATION = "RESERVATION", "Reserved"


class ReservationStatus(TextChoices):
    """The words of OCPI 2.3.0's bookings; `PENDING` until the station has answered."""

    PENDING = "PENDING", "Asked of the station"
    RESERVED = "RESERVED", "Reserved"
    FULFILLED = "FULFILLED", "Used"
    CANCELED = "CANCELED", "Cancelled"
    NO_SHOW = "NO_SHOW", "Not used"
    REJECTED = "REJECTED", "Refused by the station"
    FAILED = "FAILED", "Could not be kept"


OPEN_RESERVATION = frozenset({ReservationStatus.PENDING, ReservationStatus.RESERVED})


class HeldBy(TextChoices):
    """Who keeps others from a reserved EVSE at present."""

    NOBODY = "", "Nobody yet"
    CPMS = "CPMS", "By the CPMS"
    STATION = "STATION", "By the station"


class CanceledBy(TextChoices):
    """Who cancelled a reservation: the CPO's staff, or the driver (the eMSP for its driver)."""

    CPO = "CPO", "The operator"
    EMSP = "EMSP", "The driver"


class AuthMethod(TextChoices):
    """OCPI 2.2.1 §10.4.1."""

    AUTH_REQUEST = "AUTH_REQUEST", "Asked the issuer"
    COMMAND = "COMMAND", "Started remotely"
    WHITELIST = "WHITELIST", "Known token"


class TokenType(TextChoices):
    """OCPI 2.2.1 §12.4.2."""

    RFID = "RFID", "RFID card"
    APP_USER = "APP_USER", "App user"
    AD_HOC_USER = "AD_HOC_USER", "Ad hoc"
    OTHER = "OTHER", "Other"


class WhitelistType(TextChoices):
    """OCPI 2.2.1 §12.4.3."""

    ALWAYS = "ALWAYS", "Always"
    ALLOWED = "ALLOWED", "Allowed"
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE", "Allowed offline"
    NEVER = "NEVER", "Never"


class AuthorizationStatus(TextChoices):
    """OCPP 1.6 §7.2 AuthorizationStatus."""

    ACCEPTED = "Accepted", "Accepted"
    BLOCKED = "Blocked", "Blocked"
    EXPIRED = "Expired", "Expired"
    INVALID = "Invalid", "Invalid"
    CONCURRENT_TX = "ConcurrentTx", "Already charging"


class Flag(TextChoices):
    """What a person should know of a session before it is billed."""

    STOP_UNKNOWN = "stop_unknown", "The station never reported the stop"
    NEGATIVE_ENERGY = "negative_energy", "The meter ran backwards"
    METER_JUMP = "meter_jump", "The meter jumped"
    CLOCK_WRONG = "clock_wrong", "The station's clock was wrong"
    RESERVED_FOR_ANOTHER = "reserved_for_another", "Charged where it was reserved for another"
    NOT_AUTHORIZED = "not_authorized", "Charged without a valid token"
    STOP_BEFORE_START = "stop_before_start", "The stop was reported before the start"
    STOP_CONTRADICTED = "stop_contradicted", "Two stops disagree"


class ListTrouble(TextChoices):
    """Why a station's local authorization list is not as it should be."""

    UNSUPPORTED = "unsupported", _("The station has no such list, or it is switched off there")
    FAILED = "failed", _("The station did not take the list")
