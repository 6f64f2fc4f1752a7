"""How grid operators read."""

from django.utils.translation import gettext_noop

from dso.enums import Alarm, DsoState
from stations.domain.shown import Shown

STATES = {
    DsoState.NEW: Shown(gettext_noop("Connecting"), "clock", "info"),
    DsoState.CONNECTED: Shown(gettext_noop("Connected"), "plug-connected", "ok"),
    DsoState.AWAY: Shown(gettext_noop("Away"), "wifi-off", "bad"),
    DsoState.SUSPENDED: Shown(gettext_noop("Suspended"), "player-stop", "warn"),
}
ALARMED = Shown(gettext_noop("Says what cannot be"), "alert-triangle", "warn")
DONE = Shown(gettext_noop("Passed"), "circle-check", "ok")
FAILED = Shown(gettext_noop("Failed"), "alert-circle", "bad")
WAITING = Shown(gettext_noop("Waiting"), "clock", "grey")


def shown(state: str, alarm: str) -> Shown:
    """One word for a DSO: whether it is there, and if it is, whether it makes sense."""
    if state == DsoState.CONNECTED and alarm == Alarm.REFUSED:
        return ALARMED
    return STATES[DsoState(state)]
