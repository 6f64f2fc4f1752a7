"""The session page's facts, for the first render and for each live update."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import User
from booking import selectors
from booking.enums import Flag, SessionStatus
from booking.errors import UnknownSession
from booking.models import ChargingSession

SHOWN_SAMPLES = 400


def session_fragments(user: User, params: Any) -> dict[str, str]:
    facts = session_facts(params.get("session", ""), datetime.now(UTC))
    return {"live-session": render_to_string("booking/_session.html", facts)}


def session_by_id(session_id: str) -> ChargingSession:
    """Raises UnknownSession, also for what is no id."""
    try:
        found = selectors.sessions().filter(pk=UUID(str(session_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise UnknownSession(session_id=str(session_id)[:40])
    return found


def session_facts(session_id: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownSession."""
    session = session_by_id(session_id)
    curve = selectors.power_curve(session)
    return {
        "now": now,
        "session": session,
        "zone": session.evse.location.time_zone,
        "is_active": session.status == SessionStatus.ACTIVE,
        "cdr": getattr(session, "cdr", None),
        "flags": [Flag(flag).label for flag in session.flags],
        "samples": list(selectors.meter_samples(session)[:SHOWN_SAMPLES]),
        "peak_w": max((w for _at, w in curve.power_w), default=None),
        "curve": json.dumps(
            {
                "power": [(at, round(w / 1000, 3)) for at, w in curve.power_w],
                "soc": curve.soc_percent,
                "units": {"power": "kW", "soc": "%"},
                "names": {"power": _("Power, kW"), "soc": _("State of charge, %")},
            }
        ),
    }
