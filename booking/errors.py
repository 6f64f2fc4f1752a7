from cpms.kernel.errors import Conflict, Invalid, Missing, NotPermitted


class EvseOccupied(Conflict):
    code, message = "evse_occupied", "Another car is charging at this EVSE."


class EvseOutOfService(Conflict):
    code, message = "evse_out_of_service", "This EVSE is out of service."


class TokenNotAuthorized(NotPermitted):
    code, message = "token_not_authorized", "This token may not charge."


class SessionNotActive(Conflict):
    code, message = "session_not_active", "This session has ended already."


class UnknownSession(Missing):
    code, message = "unknown_session", "There is no such session."


class UnknownCdr(Missing):
    code, message = "unknown_cdr", "There is no such CDR."


class UnknownToken(Missing):
    code, message = "unknown_token", "There is no such token."


class TokenExists(Conflict):
    code, message = "token_exists", "This party has a token with this uid and type already."


class StartAlreadyRequested(Conflict):
    code, message = "start_already_requested", "A start was requested here a moment ago."


class InvalidToken(Invalid):
    code, message = "invalid_token", "The token has fields that cannot be taken."


class NotOwnToken(Conflict):
    code, message = "not_own_token", "This token belongs to an eMSP; only the eMSP can change it."


class ReplacedSocket(Conflict):
    code, message = "replaced_socket", "A newer socket of this station came."
