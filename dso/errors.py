"""Refusals of the grid operators' edge."""

from cpms.kernel.errors import Conflict, Invalid, Missing, NotPermitted, Unavailable


class BadMessage(Invalid):
    code, message = "bad_message", "This message makes no sense as it stands."


class UnknownToken(NotPermitted):
    code, message = "unknown_token", "This token is not one of ours."


class UnknownGroup(Missing):
    code, message = "unknown_group", "You have no such group here."


class UnknownDso(Missing):
    code, message = "unknown_dso", "There is no such DSO."


class UnknownAction(Missing):
    code, message = "unknown_action", "There is no such endpoint."


class UnsupportedVersion(Conflict):
    code, message = "unsupported_version", "We have no version in common; we speak OSCP 2.0."


class DsoExists(Conflict):
    code, message = "dso_exists", "There is a DSO with this name already."


class SourceLinked(Conflict):
    code, message = "source_linked", "This DSO has another source of this name already."


class NotConnected(Conflict):
    code, message = "dso_not_connected", "This DSO is not connected."


class WrongProtocol(Conflict):
    code, message = "wrong_protocol", "This is not possible in the protocol of this DSO."


class PeerFailed(Unavailable):
    code, message = "dso_failed", "The DSO does not answer as it should."


class NoAccess(Unavailable):
    code, message = "no_access", "We have no secret of this DSO's that we can read."
