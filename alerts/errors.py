"""What alerts refuse."""

from cpms.kernel.errors import Conflict, Invalid, Missing


class UnknownAlert(Missing):
    code, message = "unknown_alert", "There is no such alert."


class AlertClosed(Conflict):
    code, message = "alert_closed", "This alert is closed: what it told of is over."


class SnoozeEnded(Invalid):
    code, message = "snooze_ended", "An alert can be snoozed until a time to come, within 30 days."


class UnknownRule(Missing):
    code, message = "unknown_rule", "There is no such rule."


class UnknownWebhook(Missing):
    code, message = "unknown_webhook", "There is no such webhook."


class NameTaken(Conflict):
    code, message = "name_taken", "There is one of this name already."


class WrongUrl(Invalid):
    code, message = "wrong_url", "A webhook's URL begins with https:// and has no spaces."
