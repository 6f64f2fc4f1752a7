"""What alerts refuse."""

from cpms.kernel.errors import Conflict, Invalid, Missing


class UnknownAlert(Missing):
    code, message = "unknown_alert", "There is no such alert."


class AlertClosed(Conflict):
    code, message = "alert_closed", "This alert is closed: what it told of is over."


class SnoozeEnded(Invalid):
    code, message = "snooze_ended", "An alert can be snoozed until a time to come, within 30 days."
