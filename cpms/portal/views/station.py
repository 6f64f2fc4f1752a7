"""A station: its connectors live, its facts, and what can be asked of it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from booking import selectors as booking
from booking import services as booking_services
from booking.enums import SessionStatus
from booking.errors import SessionNotActive
from booking.models import ChargingSession, LocalList
from booking.portal.filters import zone_of
from cpms.kernel.errors import DomainError
from cpms.languages import told
from cpms.portal.live import Fragments, Params
from cpms.portal.views.network import place_of
from energy import services as energy
from stations import selectors as stations
from stations import services
from stations.enums import Availability, WhenOffline
from stations.errors import UnknownEvse
from stations.models import ChargingStation, Evse, StationCommand

RECENT = 8
MOST_REFUSALS = 3
PARTS = ("connectors", "commands", "latest", "facts")
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "soft-reset": ("Reset", {"type": "Soft"}),
    "hard-reset": ("Reset", {"type": "Hard"}),
    "status": ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
    "configuration": ("GetConfiguration", {}),
    "clear-cache": ("ClearCache", {}),
    "list-version": ("GetLocalListVersion", {}),
    "plan": ("GetCompositeSchedule", {"connectorId": 0, "duration": 86_400}),
    "clear-profiles": ("ClearChargingProfile", {}),
}


def station(request: HttpRequest, identity: str) -> HttpResponse:
    facts = station_facts(identity, timezone.now(), _user(request))
    live = urlencode({"view": "station", "station": identity})
    return render(request, "portal/station.html", {**facts, "live": live})


def station_fragments(user: User, params: Params) -> Fragments:
    facts = station_facts(params.get("station", ""), datetime.now(UTC), user)
    parts = {"head": "station_head", **{part: part for part in PARTS}}
    shown = {
        f"live-{part}": render_to_string(f"portal/_{template}.html", facts)
        for part, template in parts.items()
    }
    return {**shown, "live-list": render_to_string("booking/_local_list.html", facts)}


def station_facts(identity: str, now: datetime, user: User) -> dict[str, Any]:
    """Raises UnknownStation."""
    found = stations.station_by_identity(identity, "local_list")
    return {
        "now": now,
        "station": found,
        "place": place_of(found.location, booking.tallies(location=found.location_id)),
        "can_operate_here": has_role(user, Role.OPERATOR),
        "evses": booking.live_evses(stations.evses_of_station(found), now),
        "quirks": found.quirks.order_by("-count"),
        "refusals": stations.refusals().filter(identity=found.identity)[:MOST_REFUSALS],
        "commands": stations.commands_of(found)[:RECENT],
        "list": getattr(found, "local_list", None) or LocalList(station=found),
        "log": stations.messages().filter(station_id=found.pk)[:RECENT],
    }


def command(request: HttpRequest, identity: str) -> HttpResponse:
    """Ask the whole station for something."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = stations.station_by_identity(identity)
    if request.POST.get("command") == "limit":
        _say(request, lambda: _limit(request, found))
        return redirect("station", identity=identity)
    action, payload = COMMANDS.get(request.POST.get("command", ""), ("", {}))
    _say(request, lambda: _issue(request, found, action, payload))
    return redirect("station", identity=identity)


def _issue(
    request: HttpRequest, found: ChargingStation, action: str, payload: dict[str, Any]
) -> StationCommand:
    return services.issue_command(
        station=found, action=action, payload=payload, now=timezone.now(), issued_by=_user(request)
    )


def _limit(request: HttpRequest, found: ChargingStation) -> StationCommand:
    """No amperes: without a limit."""
    amperes = request.POST.get("limit_a", "").strip()
    return energy.limit_station(
        station=found,
        limit_a=int(amperes[:9]) if amperes else None,
        now=timezone.now(),
        issued_by=_user(request),
    )


def start(request: HttpRequest, uid: str) -> HttpResponse:
    def ask(evse: Evse) -> StationCommand:
        id_token = request.POST.get("id_token", "").replace("\0", "").strip()
        return booking_services.request_start(
            evse=evse, id_token=id_token, now=timezone.now(), issued_by=_user(request)
        )

    return _at_evse(request, uid, ask)


def stop(request: HttpRequest, uid: str) -> HttpResponse:
    def ask(evse: Evse) -> StationCommand:
        session = ChargingSession.objects.filter(evse=evse, status=SessionStatus.ACTIVE).first()
        if session is None:
            raise SessionNotActive(evse_uid=uid)
        return booking_services.request_stop(
            session=session, now=timezone.now(), issued_by=_user(request)
        )

    return _at_evse(request, uid, ask)


def unlock(request: HttpRequest, uid: str) -> HttpResponse:
    def ask(evse: Evse) -> StationCommand:
        if evse.station is None:
            raise UnknownEvse(evse_uid=uid)
        return _issue(request, evse.station, "UnlockConnector", {"connectorId": evse.number})

    return _at_evse(request, uid, ask)


def availability(request: HttpRequest, uid: str) -> HttpResponse:
    def ask(evse: Evse) -> StationCommand:
        return services.change_availability(
            evse=evse,
            availability=Availability(request.POST.get("availability", "")),
            now=timezone.now(),
            reason=request.POST.get("reason", "")[:255].replace("\0", ""),
            until=_local(request.POST.get("until", ""), evse.location.time_zone),
            issued_by=_user(request),
        )

    return _at_evse(request, uid, ask)


def _local(text: str, zone: str) -> datetime | None:
    """A date and time of the location's clock; none for no text. Raises ValueError."""
    if not text:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone))


def _at_evse(request: HttpRequest, uid: str, ask: Any) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    evse = stations.evse_by_uid(uid)
    _say(request, lambda: ask(evse))
    if evse.station is None:
        return redirect("location", ocpi_id=evse.location.ocpi_id)
    return redirect("station", identity=evse.station.identity)


def _say(request: HttpRequest, ask: Any) -> None:
    """Do it, and tell the user how it went."""
    try:
        issued = ask()
    except DomainError as refusal:
        messages.error(request, told(refusal))
        return
    except ValueError:
        messages.error(request, _("This cannot be asked."))
        return
    if issued.settled_at and issued.error:
        messages.error(request, issued.error["description"])
    elif issued.when_offline == WhenOffline.KEEP:
        messages.success(request, _("Saved. The station is told as soon as it is connected."))
    else:
        messages.success(request, _("%s was sent to the station.") % issued.action)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
