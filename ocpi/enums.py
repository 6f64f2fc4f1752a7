"""The words of the roaming edge, spelled as on the wire where there is a wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PartnerState(TextChoices):
    """How far a partner is connected."""

    INVITED = "invited", _("Invited")
    CONNECTED = "connected", _("Connected")
    SUSPENDED = "suspended", _("Suspended")
    GONE = "gone", _("Unregistered")


class Role(TextChoices):
    """OCPI 2.2.1 §17.3 Role."""

    CPO = "CPO", _("CPO")
    EMSP = "EMSP", _("eMSP")
    HUB = "HUB", _("Hub")
    NAP = "NAP", _("National access point")
    NSP = "NSP", _("Navigation service")
    OTHER = "OTHER", _("Other")
    SCSP = "SCSP", _("Smart charging service")


class TokenEncoding(TextChoices):
    """How a partner wants to read a credentials token in the Authorization header: Base64
    (2.2.1 §4.1.1) or as it is (2.1.1, 2.2 and many that meant to speak 2.2.1)."""

    BASE64 = "base64", _("Base64")
    RAW = "raw", _("As it is")


class TokenKind(TextChoices):
    """What a credentials token that we gave opens: registration alone, or everything."""

    INVITATION = "invitation", _("Invitation (token A)")
    ACCESS = "access", _("Access")


class Module(TextChoices):
    """The modules whose objects we push."""

    LOCATIONS = "locations", _("Locations")
    TARIFFS = "tariffs", _("Tariffs")
    SESSIONS = "sessions", _("Sessions")
    CDRS = "cdrs", _("CDRs")
    BOOKING_LOCATIONS = "booking_locations", _("What can be booked")
    BOOKINGS = "bookings", _("Bookings")
    CHARGING_PROFILES = "chargingprofiles", _("Charging profiles")


class RequestStatus(TextChoices):
    """OCPI 2.3.0 Bookings, ReservationRequestStatus."""

    PENDING = "PENDING", _("Asked of the station")
    ACCEPTED = "ACCEPTED", _("Accepted")
    DECLINED = "DECLINED", _("Declined")
    FAILED = "FAILED", _("Failed")


class CanceledReason(TextChoices):
    """OCPI 2.3.0 Bookings, CanceledReason."""

    POWER_OUTAGE = "POWER_OUTAGE", _("No power at the site")
    BROKEN_CHARGER = "BROKEN_CHARGER", _("The EVSE is broken")
    FULL = "FULL", _("Somebody does not leave")
    BLOCKED = "BLOCKED", _("The EVSE cannot be reached")
    TRAFFIC = "TRAFFIC", _("The driver cannot come in time")
    BROKEN_VEHICLE = "BROKEN_VEHICLE", _("The vehicle broke down")
    NO_CANCELED = "NO_CANCELED", _("The driver said nothing")
    UNKNOWN = "UNKNOWN", _("Unknown")


class Direction(TextChoices):
    """Who asked whom."""

    IN = "in", _("From the partner")
    OUT = "out", _("To the partner")


class Circuit(TextChoices):
    """Whether a partner is sent what is due to it."""

    CLOSED = "closed", _("Working")
    UNSTEADY = "unsteady", _("Some failures")
    OPEN = "open", _("Waiting")
    HALF_OPEN = "half_open", _("Trying")


class HandshakeKind(TextChoices):
    """What we began at a partner."""

    CONNECT = "connect", _("Registration")
    ROTATE = "rotate", _("New tokens")


class Step(TextChoices):
    """What a handshake checks, one after the other."""

    VERSIONS = "versions", _("Their versions URL answers and takes our token")
    VERSION = "version", _("There is an OCPI version that we both speak")
    ENDPOINTS = "endpoints", _("Their version details name the endpoints that we need")
    REGISTER = "register", _("They take our credentials")
    RENEW = "renew", _("They take our new token")
    CREDENTIALS = "credentials", _("Their credentials name parties that they may speak for")
    VERIFY = "verify", _("The token that they gave us opens their API")


class StepState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")


class CommandKind(TextChoices):
    """OCPI 2.2.1 §13.4.3 CommandType."""

    CANCEL_RESERVATION = "CANCEL_RESERVATION", _("Cancel a reservation")
    RESERVE_NOW = "RESERVE_NOW", _("Reserve")
    START_SESSION = "START_SESSION", _("Start a session")
    STOP_SESSION = "STOP_SESSION", _("Stop a session")
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR", _("Unlock a connector")


class CommandResponse(TextChoices):
    """OCPI 2.2.1 §13.4.1: our answer, before the station was asked."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    NOT_SUPPORTED = "NOT_SUPPORTED", _("Not supported")
    REJECTED = "REJECTED", _("Rejected")
    UNKNOWN_SESSION = "UNKNOWN_SESSION", _("Unknown session")


class CommandResult(TextChoices):
    """OCPI 2.2.1 §13.4.2: what became of it."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    CANCELED_RESERVATION = "CANCELED_RESERVATION", _("Reservation cancelled by us")
    EVSE_OCCUPIED = "EVSE_OCCUPIED", _("Occupied")
    EVSE_INOPERATIVE = "EVSE_INOPERATIVE", _("Out of order")
    FAILED = "FAILED", _("Failed")
    NOT_SUPPORTED = "NOT_SUPPORTED", _("Not supported")
    REJECTED = "REJECTED", _("Rejected")
    TIMEOUT = "TIMEOUT", _("No answer")
    UNKNOWN_RESERVATION = "UNKNOWN_RESERVATION", _("Unknown reservation")


class ProfileKind(TextChoices):
    """What a partner asks of a session's charging profile (OCPI 2.2.1 §14.2.1)."""

    ACTIVE_PROFILE = "ACTIVE_PROFILE", _("Read the active charging profile")
    SET_PROFILE = "SET_PROFILE", _("Set a charging profile")
    CLEAR_PROFILE = "CLEAR_PROFILE", _("Clear the charging profile")


class ProfileResponse(TextChoices):
    """OCPI 2.2.1 §14.4.5: our answer, before the station was asked."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    NOT_SUPPORTED = "NOT_SUPPORTED", _("Not supported")
    REJECTED = "REJECTED", _("Rejected")
    TOO_OFTEN = "TOO_OFTEN", _("Too often")
    UNKNOWN_SESSION = "UNKNOWN_SESSION", _("Unknown session")


class ProfileResult(TextChoices):
    """OCPI 2.2.1 §14.4.6: what the station said."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    REJECTED = "REJECTED", _("Rejected")
    UNKNOWN = "UNKNOWN", _("No such profile")


class ConnectionStatus(TextChoices):
    """OCPI 2.2.1 §15.5.1: whether a hub reaches a party."""

    CONNECTED = "CONNECTED", _("Connected")
    OFFLINE = "OFFLINE", _("Offline")
    PLANNED = "PLANNED", _("Planned")
    SUSPENDED = "SUSPENDED", _("Suspended")
