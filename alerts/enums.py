"""The words of alerts."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """What is the matter; the subject of an alert says where."""

    STATION_OFFLINE = "station_offline", _("Station offline")
    STATION_FAULT = "station_fault", _("Station with an error")
    EVSE_FAULT = "evse_fault", _("EVSE with an error")
    SESSION_STALLED = "session_stalled", _("Session without progress")
    SESSION_FLAGGED = "session_flagged", _("Session with a warning")
    COMMAND_FAILED = "command_failed", _("Command failed")
    PUSH_REFUSED = "push_refused", _("Partner refused a CDR")
    PARTNER_BEHIND = "partner_behind", _("Partner behind")
    DSO_ALARM = "dso_alarm", _("Grid operator stale")
    PRICES_STALE = "prices_stale", _("Energy prices stale")
    BATTERY_OUT = "battery_out", _("Battery out of plan")


class Severity(IntegerChoices):
    """How bad it is: the higher the worse."""

    NOTICE = 1, _("Notice")
    WARNING = 2, _("Warning")
    CRITICAL = 3, _("Critical")

    @property
    def word(self) -> str:
        """As programs read it."""
        return self.name.lower()


class Event(TextChoices):
    """What of an alert is told."""

    OPENED = "opened", _("Opened")
    RESOLVED = "resolved", _("Over")
    TEST = "test", _("Test")
