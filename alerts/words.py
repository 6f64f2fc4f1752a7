"""Alerts in words: what, where, and what to do about it. Said anew each time, in the language
of who reads."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from alerts.enums import Kind, Severity
from alerts.models import Alert
from booking.enums import Flag
from dso.enums import Alarm
from energy.enums import OutOfPlan
from stations.domain.shown import Shown
from stations.enums import CommandStatus

Facts = dict[str, Any]

SHOWN = {
    Severity.CRITICAL: Shown("Critical", "alert-triangle", "bad"),
    Severity.WARNING: Shown("Warning", "alert-circle", "warn"),
    Severity.NOTICE: Shown("Notice", "info-circle", "info"),
}

TO_DO: dict[Kind, tuple[Any, str, str]] = {  # the link's words, its route, and the fact it needs
    Kind.STATION_OFFLINE: (gettext_lazy("See its connection"), "station", "station"),
    Kind.STATION_FAULT: (gettext_lazy("Open the station"), "station", "station"),
    Kind.EVSE_FAULT: (gettext_lazy("Reset or unlock"), "station", "station"),
    Kind.SESSION_STALLED: (gettext_lazy("Stop or watch it"), "session", "session"),
    Kind.SESSION_FLAGGED: (gettext_lazy("Check its bill"), "session", "session"),
    Kind.COMMAND_FAILED: (gettext_lazy("Open the station"), "station", "station"),
    Kind.PUSH_REFUSED: (gettext_lazy("See its pushes"), "partner", "partner"),
    Kind.PARTNER_BEHIND: (gettext_lazy("Push again"), "partner", "partner"),
    Kind.DSO_ALARM: (gettext_lazy("Open the grid operator"), "dso", "dso"),
    Kind.PRICES_STALE: (gettext_lazy("Open the energy prices"), "price-lists", ""),
    Kind.BATTERY_OUT: (gettext_lazy("Open the battery"), "battery", "battery"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """`what` is one sentence; `more` is what others said (a vendor's text, a partner's error), as
    it came; `action` is the label of the link to where something can be done."""

    what: str
    more: str
    action: str
    path: str


def said(alert: Alert) -> Said:
    facts = alert.facts
    what, more = _what(Kind(alert.kind), facts)
    action, route, name = TO_DO[Kind(alert.kind)]
    arguments = [facts[name]] if name else []
    if arguments == [""]:  # an EVSE that no station of ours drives
        action, route, arguments = _("Open the stations"), "stations", []
    return Said(what, more, str(action), reverse(route, args=arguments))


def _what(kind: Kind, facts: Facts) -> tuple[str, str]:  # noqa: PLR0911 -- a table of sentences
    match kind:
        case Kind.STATION_OFFLINE:
            return _("%(station)s is offline.") % facts, ""
        case Kind.STATION_FAULT:
            return _("%(station)s reports %(error)s.") % facts, ""
        case Kind.EVSE_FAULT:
            return _evse_fault(facts)
        case Kind.SESSION_STALLED:
            return _("A session at %(evse)s runs, but its meter says nothing.") % facts, ""
        case Kind.SESSION_FLAGGED:
            flags = "; ".join(str(Flag(flag).label) for flag in facts["flags"])
            return _("A session at %(evse)s looks wrong.") % facts, flags
        case Kind.COMMAND_FAILED:
            status = str(CommandStatus(facts["status"]).label)
            sentence = _("%(station)s did not carry out %(action)s (%(status)s).")
            return sentence % {**facts, "status": status.lower()}, facts["error"]
        case _:
            return _what_of_others(kind, facts)


def _evse_fault(facts: Facts) -> tuple[str, str]:
    more = " · ".join(filter(None, (facts["info"], facts["vendor_error"])))
    if facts["error"] in ("", "NoError", "OtherError"):
        return _("%(evse)s is faulted.") % facts, more
    return _("%(evse)s reports %(error)s.") % facts, more


def _what_of_others(kind: Kind, facts: Facts) -> tuple[str, str]:
    match kind:
        case Kind.PUSH_REFUSED:
            sentence = ngettext(
                "%(name)s refused %(count)d CDR.",
                "%(name)s refused %(count)d CDRs.",
                facts["count"],
            )
            return sentence % facts, ""
        case Kind.PARTNER_BEHIND:
            return _("%(name)s has not had our news for too long.") % facts, facts["error"]
        case Kind.DSO_ALARM:
            alarm = str(Alarm(facts["alarm"]).label)
            return f"{facts['name']}: {alarm}.", facts["error"]
        case Kind.PRICES_STALE:
            return _("The energy prices of %(name)s are stale.") % facts, facts["error"]
        case _:
            reason = str(OutOfPlan(facts["reason"]).label)
            sentence = _("Battery %(name)s is out of the plan: %(reason)s.")
            return sentence % {**facts, "reason": reason}, facts["note"]
