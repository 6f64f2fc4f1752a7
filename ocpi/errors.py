"""Refusals of the roaming edge, each with the HTTP status and OCPI code that it is told with
(2.2.1 §5)."""

from typing import ClassVar

from cpms.kernel.errors import Conflict, DomainError, Invalid, Missing, NotPermitted, Unavailable


class OcpiRefusal(DomainError):
    """Well-formed and refused: HTTP 200 with an OCPI code, unless the specification names
    another HTTP status."""

    ocpi_code: ClassVar[int] = 2000
    http_status: ClassVar[int] = 200


class UnknownCredentials(OcpiRefusal, NotPermitted):
    code, message = "unknown_credentials", "This credentials token is not one of ours."
    http_status = 401


class TooManyRequests(OcpiRefusal, NotPermitted):
    """`after_s`: when to try again."""

    code, message = "too_many_requests", "You ask too often; see Retry-After."
    http_status = 429

    def __init__(self, after_s: float) -> None:
        super().__init__()
        self.after_s = after_s


class InvalidParameter(OcpiRefusal, Invalid):
    code, message = "invalid_parameter", "A parameter is missing or cannot be taken."
    ocpi_code = 2001


class NotEnoughInformation(OcpiRefusal, Invalid):
    code, message = "not_enough_information", "Something is missing that is needed for this."
    ocpi_code = 2002


class UnknownObject(OcpiRefusal, Missing):
    code, message = "unknown_object", "There is no such object."
    ocpi_code, http_status = 2001, 404


class UnknownLocation(UnknownObject):
    code, message = "unknown_location", "There is no such Location, EVSE or Connector."
    ocpi_code = 2003


class UnknownToken(UnknownObject):
    code, message = "unknown_token", "There is no such Token."
    ocpi_code = 2004


class LocationNotFound(OcpiRefusal, Missing):
    """In a body, where the resource itself exists."""

    code, message = "unknown_location", "There is no such Location, EVSE or Connector."
    ocpi_code = 2003


class NotAllowed(OcpiRefusal, Conflict):
    code, message = "method_not_allowed", "This method is not possible here."
    http_status = 405


class AlreadyRegistered(NotAllowed):
    code, message = "already_registered", "You are registered already; use PUT."


class NotRegistered(NotAllowed):
    code, message = "not_registered", "You are not registered yet; use POST."


class PeerUnusable(OcpiRefusal, Unavailable):
    code, message = "peer_unusable", "We cannot use your API with these credentials."
    ocpi_code = 3001


class UnsupportedVersion(OcpiRefusal, Conflict):
    code, message = "unsupported_version", "We have no OCPI version in common."
    ocpi_code = 3002


class MissingEndpoints(OcpiRefusal, Conflict):
    code, message = "missing_endpoints", "An endpoint that we need is not among yours."
    ocpi_code = 3003


class PartyNotInvited(InvalidParameter):
    code, message = "party_not_invited", "A role names a party that this invitation is not for."


class UnknownPartner(Missing):
    code, message = "unknown_partner", "There is no partner with this name."


class PartnerExists(Conflict):
    code, message = "partner_exists", "There is a partner with this name already."


class PartyTaken(OcpiRefusal, Conflict):
    ocpi_code = 2001
    code, message = "party_taken", "This party belongs to another partner already."


class InvalidPolicy(Invalid):
    code, message = "invalid_policy", "The first wait must not be longer than the longest."


class HandshakeRunning(Conflict):
    code, message = "handshake_running", "A handshake with this partner is running already."


class PartnerNotConnected(Conflict):
    code, message = "partner_not_connected", "This partner is not connected."
