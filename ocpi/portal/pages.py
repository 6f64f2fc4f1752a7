"""Roaming partners at a glance, and the page of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from ocpi import selectors
from ocpi.enums import ConnectionStatus, PartnerState
from ocpi.models import HubReading, Partner
from ocpi.portal.words import CIRCUITS, CLIENTS, STATES
from stations.domain.shown import Shown

LATEST = 8
PARTS = ("partner_head", "partner_state", "modules", "latest", "partner_facts")


@dataclass(frozen=True, slots=True)
class Line:
    """A partner at a glance."""

    partner: Partner
    state: Shown
    lag: timedelta | None


def line_of(partner: Partner, now: datetime) -> Line:
    """`partner` is one of `partners_with_outbox`."""
    since: datetime | None = getattr(partner, "since", None)
    lag = None if since is None else max(now - since, timedelta(0))
    return Line(partner, shown(partner, now), lag)


def shown(partner: Partner, now: datetime) -> Shown:
    """One word for a partner: how far it is connected, and if it is, whether it is reached."""
    if partner.state == PartnerState.CONNECTED:
        return CIRCUITS[partner.circuit(now)]
    return STATES[PartnerState(partner.state)]


def partner_list(request: HttpRequest) -> HttpResponse:
    facts = list_facts(timezone.now())
    return render(request, "ocpi/partners.html", {**facts, "live": "view=partners"})


def list_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = list_facts(datetime.now(UTC))
    parts = {"live-partner-kpis": "partner_kpis", "live-partners": "partners"}
    return {key: render_to_string(f"ocpi/_{name}.html", facts) for key, name in parts.items()}


def list_facts(now: datetime) -> dict[str, Any]:
    lines = [line_of(partner, now) for partner in selectors.partners_with_outbox()]
    connected = [one for one in lines if one.partner.state == PartnerState.CONNECTED]
    lags = [one for one in lines if one.lag is not None]
    return {
        "now": now,
        "lines": lines,
        "connected": len(connected),
        "trouble": sum(one.state.tone != "ok" for one in connected),
        "owed": sum(one.partner.owed for one in lines),  # type: ignore[attr-defined]
        "refused": sum(one.partner.refused for one in lines),  # type: ignore[attr-defined]
        "worst": max(lags, key=lambda one: one.lag or timedelta(0), default=None),
    }


def partner(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    facts = partner_facts(pk, timezone.now(), request.user)
    live = urlencode({"view": "partner", "partner": pk})
    return render(request, "ocpi/partner.html", {**facts, "live": live})


def partner_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = partner_facts(int(params.get("partner", "")), datetime.now(UTC), user)
    parts = [*PARTS, *(["clients"] if facts["is_hub"] else [])]
    return {f"live-{part}": render_to_string(f"ocpi/_{part}.html", facts) for part in parts}


def partner_facts(pk: int, now: datetime, user: User) -> dict[str, Any]:
    """Raises UnknownPartner."""
    found = selectors.partner_by_id(pk)
    modules = selectors.modules_of(found, now)
    is_hub = selectors.is_hub(found)
    return {
        "now": now,
        "line": line_of(found, now),
        "partner": found,
        "parties": list(found.parties.all()),
        "modules": [(one, timedelta(seconds=one.lag_s)) for one in modules],
        "pull": selectors.token_pull_of(found),
        "tokens": selectors.count_of_tokens(found),
        "exchanges": selectors.messages().filter(partner_id=pk)[:LATEST],
        "is_hub": is_hub,
        "clients": [(one, CLIENTS[ConnectionStatus(one.status)]) for one in found.clients.all()]
        if is_hub
        else [],
        "reading": HubReading.objects.filter(hub=found).first() if is_hub else None,
        "handshake": found.handshakes.first(),
        "circuit": found.circuit(now),
        "retry_in": found.retry_at and max(found.retry_at - now, timedelta(0)),
        "may_operate": has_role(user, Role.OPERATOR),
        "may_configure": has_role(user, Role.ADMINISTRATOR),
    }
