"""The words of the roaming edge, spelled as on the wire where there is a wire."""

from django.db.models import TextChoices


class PartnerState(TextChoices):
    """How far a partner is connected."""

    INVITED = "invited", "Invited"
    CONNECTED = "connected", "Connected"
    SUSPENDED = "suspended", "Suspended"
    GONE = "gone", "Unregistered"


class Role(TextChoices):
    """OCPI 2.2.1 §17.3 Role."""

    CPO = "CPO", "CPO"
    EMSP = "EMSP", "eMSP"
    HUB = "HUB", "Hub"
    NAP = "NAP", "National access point"
    NSP = "NSP", "Navigation service"
    OTHER = "OTHER", "Other"
    SCSP = "SCSP", "Smart charging service"


class TokenEncoding(TextChoices):
    """How a partner wants to read a credentials token in the Authorization header: Base64
    (2.2.1 §4.1.1) or as it is (2.1.1, 2.2 and many that meant to speak 2.2.1)."""

    BASE64 = "base64", "Base64"
    RAW = "raw", "As it is"


class TokenKind(TextChoices):
    """What a credentials token that we gave opens: registration alone, or everything."""

    INVITATION = "invitation", "Invitation (token A)"
    ACCESS = "access", "Access"


class Module(TextChoices):
    """The modules whose objects we push."""

    LOCATIONS = "locations", "Locations"
    TARIFFS = "tariffs", "Tariffs"
    SESSIONS = "sessions", "Sessions"
    CDRS = "cdrs", "CDRs"
    BOOKING_LOCATIONS = "booking_locations", "What can be booked"
    BOOKINGS = "bookings", "Bookings"


class RequestStatus(TextChoices):
    """OCPI 2.3.0 Bookings, ReservationRequestStatus."""

    PENDING = "PENDING", "Asked of the station"
    ACCEPTED = "ACCEPTED", "Accepted"
    DECLINED = "DECLINED", "Declined"
    FAILED = "FAILED", "Failed"


class CanceledReason(TextChoices):
    """OCPI 2.3.0 Bookings, CanceledReason."""

    POWER_OUTAGE = "POWER_OUTAGE", "No power at the site"
    BROKEN_CHARGER = "BROKEN_CHARGER", "The EVSE is broken"
    FULL = "FULL", "Somebody does not leave"
    BLOCKED = "BLOCKED", "The EVSE cannot be reached"
    TRAFFIC = "TRAFFIC", "The driver cannot come in time"
    BROKEN_VEHICLE = "BROKEN_VEHICLE", "The vehicle broke down"
    NO_CANCELED = "NO_CANCELED", "The driver said nothing"
    UNKNOWN = "UNKNOWN", "Unknown"


class Direction(TextChoices):
    """Who asked whom."""

    IN = "in", "From the partner"
    OUT = "out", "To the partner"


class Circuit(TextChoices):
    """Whether a partner is sent what is due to it."""

    CLOSED = "closed", "Working"
    UNSTEADY = "unsteady", "Some failures"
    OPEN = "open", "Waiting"
    HALF_OPEN = "half_open", "Trying"


class CommandKind(TextChoices):
    """OCPI 2.2.1 §13.4.3 CommandType."""

    CANCEL_RESERVATION = "CANCEL_RESERVATION", "Cancel a reservation"
    RESERVE_NOW = "RESERVE_NOW", "Reserve"
    START_SESSION = "START_SESSION", "Start a session"
    STOP_SESSION = "STOP_SESSION", "Stop a session"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR", "Unlock a connector"


class CommandResponse(TextChoices):
    """OCPI 2.2.1 §13.4.1: our answer, before the station was asked."""

    ACCEPTED = "ACCEPTED", "Accepted"
    NOT_SUPPORTED = "NOT_SUPPORTED", "Not supported"
    REJECTED = "REJECTED", "Rejected"
    UNKNOWN_SESSION = "UNKNOWN_SESSION", "Unknown session"


class CommandResult(TextChoices):
    """OCPI 2.2.1 §13.4.2: what became of it."""

    ACCEPTED = "ACCEPTED", "Accepted"
    CANCELED_RESERVATION = "CANCELED_RESERVATION", "Reservation cancelled by us"
    EVSE_OCCUPIED = "EVSE_OCCUPIED", "Occupied"
    EVSE_INOPERATIVE = "EVSE_INOPERATIVE", "Out of order"
    FAILED = "FAILED", "Failed"
    NOT_SUPPORTED = "NOT_SUPPORTED", "Not supported"
    REJECTED = "REJECTED", "Rejected"
    TIMEOUT = "TIMEOUT", "No answer"
    UNKNOWN_RESERVATION = "UNKNOWN_RESERVATION", "Unknown reservation"
