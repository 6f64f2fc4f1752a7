from cpms.kernel.errors import Conflict, Invalid, Missing, NotPermitted, Unavailable


class EmailTaken(Conflict):
    code, message = "email_taken", "There is a user with this e-mail already."


class WrongCredentials(NotPermitted):
    code, message = "wrong_credentials", "E-mail or password is wrong."


class SecondFactorNeeded(WrongCredentials):
    code = "second_factor_needed"
    message = "Add the `code` of your authenticator app, or a recovery code."


class WeakPassword(Invalid):
    code, message = "weak_password", "This password is too easy to guess."


class TooManyAttempts(NotPermitted):
    code, message = "too_many_attempts", "Too many attempts; wait a few minutes and try again."


class LastAdministrator(NotPermitted):
    code, message = "last_administrator", "At least one active administrator must remain."


class MailNotSent(Unavailable):
    code, message = "mail_not_sent", "The mail could not be sent; look at EMAIL_URL and try again."


class UnknownUser(Missing):
    code, message = "unknown_user", "There is no such user."


class UnknownApiToken(Missing):
    code, message = "unknown_api_token", "You have no such API token."
