from cpms.kernel.errors import Conflict, Invalid, Missing, NotPermitted


class EvseOccupied(Conflict):
    code, message = "evse_occupied", "Another car is charging at this EVSE."


class EvseOutOfService(Conflict):
    code, message = "evse_out_of_service", "This EVSE is out of service."


class TokenNotAuthorized(NotPermitted):
    code, message = "token_not_authorized", "This token may not charge."


class EvseReserved(Conflict):
    code, message = "evse_reserved", "This EVSE is reserved for another driver."


class EvseAlreadyBooked(Conflict):
    code = "evse_already_booked"
    message = "Another reservation already holds this EVSE for part of that time."


class NoEvseFree(Conflict):
    code, message = "no_evse_free", "No EVSE with such a connector is free for all of that time."


class LocationClosed(Conflict):
    code, message = "location_closed", "This location is closed for part of that time."


class ReservationExists(Conflict):
    code, message = "reservation_exists", "There is an open reservation with this reference."


class ReservationSettled(Conflict):
    code, message = "reservation_settled", "This reservation was used, cancelled or is over."


class BookingInPast(Invalid):
    code, message = "booking_in_past", "A reservation cannot begin in the past."


class BookingTooLong(Invalid):
    code, message = "booking_too_long", "A reservation cannot last that long."


class BookingTooFarAhead(Invalid):
    code, message = "booking_too_far_ahead", "A reservation cannot be made that far ahead."


class BookingTooShort(Invalid):
    code, message = "booking_too_short", "A booking must last longer."


class TooLateToChange(Conflict):
    code, message = "too_late_to_change", "It is too late to change this booking."


class TooLateToCancel(Conflict):
    code, message = "too_late_to_cancel", "It is too late to cancel this booking."


class UnknownReservation(Missing):
    code, message = "unknown_reservation", "There is no such reservation."


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


class ListNotManaged(Conflict):
    code, message = "list_not_managed", "This list is not kept by us; say so first."


class CdrIsCredit(Conflict):
    code, message = "cdr_is_credit", "A credit CDR cannot be corrected."


class CdrCredited(Conflict):
    code, message = "cdr_credited", "This CDR was credited already."


class BadCorrection(Invalid):
    code, message = "bad_correction", "This correction makes no sense."
