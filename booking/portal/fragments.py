"""What the pages of sessions show, for the first render and for each live update."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import User
from booking import selectors
from booking.enums import Flag, SessionStatus
from booking.errors import UnknownSession
from booking.models import ChargingSession, MeterSample
from booking.portal.costs import cost_lines
from booking.portal.filters import Wanted, mark_of, older_than, sessions_of, wanted, zone_of

PER_PAGE = 50
SHOWN_LINES = 200
Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class ValueLine:
    """Consecutive meter values that say the same of power and state of charge."""

    since: datetime
    until: datetime
    count: int
    energy_wh: int | None
    power_w: int | None
    soc_percent: int | None


def session_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = session_facts(params.get("session", ""), datetime.now(UTC), params)
    return {"live-session": render_to_string("booking/_session.html", facts)}


def sessions_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = list_facts(params, datetime.now(UTC))
    return {"live-sessions": render_to_string("booking/_sessions.html", facts)}


def list_facts(params: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """A page of the sessions asked for, their sums, and where the next page begins."""
    asked = wanted(params)
    found = sessions_of(asked)
    sums = selectors.session_sums(found)
    if mark := params.get("before", ""):
        older = older_than(found, mark)
        if older is None:
            asked.fault(_("“%s” is no place in this list."), mark)
        found = found if older is None else older
    rows = list(found[: PER_PAGE + 1])
    return {
        "sessions": rows[:PER_PAGE],
        "older": _address(asked, rows[PER_PAGE - 1]) if len(rows) > PER_PAGE else None,
        "sums": sums,
        "asked": asked,
        "now": now,
    }


def _address(asked: Wanted, last: ChargingSession) -> str:
    """The address of the page that begins after this session."""
    return "?" + urlencode({**asked.query, "before": mark_of(last)})


def session_by_id(session_id: str) -> ChargingSession:
    """Raises UnknownSession, also for what is no id."""
    try:
        return selectors.session_by_id(UUID(session_id))
    except ValueError as fault:
        raise UnknownSession(session_id=session_id[:40]) from fault


def session_facts(session_id: str, now: datetime, params: Mapping[str, str]) -> dict[str, Any]:
    """Raises UnknownSession."""
    session = session_by_id(session_id)
    cdr, issued = session.cdr, list(session.cdrs.order_by("issued_at"))
    zone = session.evse.location.time_zone
    samples = selectors.meter_samples(session)
    curve = selectors.power_curve(session)
    shows_all = params.get("values") == "all"
    newest = list(samples.reverse()[: SHOWN_LINES if shows_all else SHOWN_LINES * 5])
    return {
        "now": now,
        "session": session,
        "zone": zone,
        "is_active": session.status == SessionStatus.ACTIVE,
        "cdr": cdr,
        "issued": issued,
        "vat": cdr.total_incl_vat - cdr.total_excl_vat if cdr and cdr.total_incl_vat else None,
        "costs": cost_lines(session, cdr, now) if cdr or not issued else [],
        "flags": [Flag(flag).label for flag in session.flags],
        "lines": value_lines(newest, together=not shows_all)[:SHOWN_LINES],
        "sample_count": samples.count(),
        "shows_all": shows_all,
        "peak_w": max((w for _at, w in curve.power_w), default=None),
        "mean_w": _mean_w(session, now),
        "curve": json.dumps(_chart(curve, zone)),
    }


def value_lines(newest_first: Iterable[MeterSample], *, together: bool) -> list[ValueLine]:
    """Meter values as lines; `together`: those that repeat each other as one."""

    def sameness(sample: MeterSample) -> tuple[Any, ...]:
        said = (sample.power_w, sample.soc_percent)
        return said if together else (sample.pk,)

    lines = []
    for _same, group in groupby(newest_first, key=sameness):
        values = list(group)
        newest, oldest = values[0], values[-1]
        lines.append(
            ValueLine(
                oldest.measured_at,
                newest.measured_at,
                len(values),
                newest.energy_wh,
                newest.power_w,
                newest.soc_percent,
            )
        )
    return lines


def _mean_w(session: ChargingSession, now: datetime) -> int | None:
    lasted = (session.ended_at or now) - session.started_at
    if lasted < timedelta(minutes=1):
        return None
    return round(session.energy_wh * 3600 / lasted.total_seconds())


def _chart(curve: selectors.PowerCurve, zone: str) -> dict[str, Any]:
    """The chart's figures. Its clock is the location's: each instant carries the offset."""
    tz = zone_of(zone)

    def local(at: int) -> int:
        offset = datetime.fromtimestamp(at / 1000, tz).utcoffset() or timedelta()
        return at + round(offset.total_seconds() * 1000)

    power: list[Point] = [(local(at), round(w / 1000, 2)) for at, w in curve.power_w]
    soc: list[Point] = [(local(at), percent) for at, percent in curve.soc_percent]
    return {
        "power": power,
        "soc": soc,
        "units": {"power": "kW", "soc": "%"},
        "names": {
            "power": _("Power"),
            "soc": _("State of charge"),
            "empty": _("No meter values yet"),
        },
    }
