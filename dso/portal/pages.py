"""Grid operators at a glance, and the page of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from dso import selectors
from dso.enums import Direction, DsoState
from dso.models import Dso
from dso.portal.words import DONE, FAILED, WAITING, shown
from stations.domain.shown import Shown

LATEST = 12
TOKEN_ONCE = "new-dso-token"  # noqa: S105 -- the name of a session entry
PARTS = ("dso_head", "dso_state", "dso_sources", "dso_latest")
VTN_STEPS = (
    ("token", gettext_lazy("A token was had")),
    ("programs", gettext_lazy("Its programs were read")),
    ("events", gettext_lazy("Its events were read")),
    ("subscriptions", gettext_lazy("It tells us of news (else it is read by the clock)")),
)
PEER_STEPS = (
    ("register", gettext_lazy("We registered, or answered its registration")),
    ("handshake", gettext_lazy("It took our handshake")),
    ("heartbeat", gettext_lazy("It takes our heartbeats")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A DSO at a glance."""

    dso: Dso
    state: Shown
    lag: timedelta | None


@dataclass(frozen=True, slots=True)
class StepLine:
    label: str
    state: Shown
    note: str = ""


def line_of(dso: Dso, now: datetime) -> Line:
    lag = max(now - dso.last_heard_at, timedelta(0)) if dso.last_heard_at else None
    return Line(dso, shown(dso.state, dso.alarm), lag)


def dso_list(request: HttpRequest) -> HttpResponse:
    facts = list_facts(timezone.now())
    return render(request, "dso/dsos.html", {**facts, "live": "view=dsos"})


def list_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = list_facts(datetime.now(UTC)) | {"can_configure": has_role(user, Role.ADMINISTRATOR)}
    return {"live-dsos": render_to_string("dso/_dsos.html", facts)}


def list_facts(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "lines": [line_of(dso, now) for dso in selectors.dsos()],
        "feeds": list(selectors.feeds()),
    }


def dso(request: HttpRequest, pk: int) -> HttpResponse:
    facts = dso_facts(pk, timezone.now())
    shown_once: dict[str, str] = request.session.pop(TOKEN_ONCE, None) or {}
    live = urlencode({"view": "dso", "dso": pk})
    facts |= {"invitation": shown_once.get(str(pk)), "live": live}
    return render(request, "dso/dso.html", facts)


def dso_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = dso_facts(int(params.get("dso", "")), datetime.now(UTC))
    facts |= {"can_configure": has_role(user, Role.ADMINISTRATOR)}
    return {f"live-{part}": render_to_string(f"dso/_{part}.html", facts) for part in PARTS}


def dso_facts(pk: int, now: datetime) -> dict[str, Any]:
    """Raises UnknownDso."""
    found = selectors.dso_by_id(pk)
    return {
        "now": now,
        "dso": found,
        "line": line_of(found, now),
        "standings": selectors.standings(found, now),
        "events": found.events.count(),
        "owed": found.owed.count(),
        "exchanges": found.messages.all()[:LATEST],
        "steps": steps_of(found),
    }


def steps_of(found: Dso) -> list[StepLine]:
    """How far the connection is, by what was said last of each step."""
    steps = VTN_STEPS if found.is_openadr else PEER_STEPS
    lines = [] if found.is_openadr else [_answered(found)]
    for action, label in steps:
        last = found.messages.filter(direction=Direction.OUT, action=action).first()
        if last is None:
            lines.append(StepLine(str(label), WAITING))
        elif last.is_fault:
            said = last.error or f"HTTP {last.http_status}"
            lines.append(StepLine(str(label), FAILED, said))
        else:
            lines.append(StepLine(str(label), DONE))
    return lines


def _answered(found: Dso) -> StepLine:
    came = found.messages.filter(direction=Direction.IN, action="register").first()
    is_done = found.state != DsoState.NEW or (came is not None and not came.is_fault)
    refused = came.answer if came is not None and came.is_fault else ""
    label = _("It told us its token")
    return StepLine(label, DONE if is_done else FAILED if refused else WAITING, refused[:200])
