"""A station's first minutes: what to enter at it, whether it has come, and its key."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cpms.kernel.errors import DomainError
from cpms.languages import told
from stations import selectors, services

KEY_ONCE = "new-station-key"
MOST_REFUSALS = 3


def onboarding_facts(identity: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownStation."""
    return {
        "station": selectors.station_by_identity(identity),
        "refusals": selectors.refusals().filter(identity=identity)[:MOST_REFUSALS],
        "now": now,
    }


def onboarding_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = onboarding_facts(params.get("station", ""), datetime.now(UTC))
    return {
        "live-head": render_to_string("portal/_station_head.html", facts),
        "live-boot": render_to_string("stations/_first_boot.html", facts),
    }


def onboarding(request: HttpRequest, identity: str) -> HttpResponse:
    """What to enter at the station, and whether it has come."""
    facts = onboarding_facts(identity, timezone.now())
    station = facts["station"]
    shown: dict[str, Any] = request.session.pop(KEY_ONCE, {})
    base = settings.PUBLIC_URL.replace("http", "ws", 1)
    facts |= {
        "url": f"{base}/ocpp/{station.identity}",
        "key": shown.get(identity),
        "evses": selectors.evses_of_station(station),
        "live": urlencode({"view": "onboarding", "station": identity}),
    }
    return render(request, "stations/onboarding.html", facts)


def new_key(request: HttpRequest, identity: str) -> HttpResponse:
    """A key for a station that cannot be told over its connection: shown once."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    station = selectors.station_by_identity(identity)
    request.session[KEY_ONCE] = {station.identity: services.set_new_key(station=station)}
    return redirect("station-onboarding", identity=identity)


def rotate_key(request: HttpRequest, identity: str) -> HttpResponse:
    """A new key over the connection (OCPP 1.6 security whitepaper, A01)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    assert isinstance(request.user, User)
    station = selectors.station_by_identity(identity)
    try:
        command = services.rotate_key(station=station, now=timezone.now(), issued_by=request.user)
    except DomainError as refusal:
        messages.error(request, told(refusal))
    else:
        if command.error:
            messages.error(request, command.error["description"])
        else:
            messages.success(request, _("The station was sent a new key."))
    return redirect("station", identity=identity)
