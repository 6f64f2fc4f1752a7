"""Refusals of the energy app."""

from cpms.kernel.errors import Conflict, Invalid


class BadProfile(Invalid):
    code, message = "bad_profile", "This charging profile makes no sense as it stands."


class ProfilesNotSupported(Conflict):
    code, message = "profiles_not_supported", "This station cannot be given charging profiles."


class ProfileTooLong(Conflict):
    code, message = "profile_too_long", "This station cannot keep that many periods."


class InvalidSite(Invalid):
    code, message = "invalid_site", "This is not a site that can be dispatched."


class InvalidSeries(Invalid):
    code, message = "invalid_series", "This is not a file of prices or sessions."
