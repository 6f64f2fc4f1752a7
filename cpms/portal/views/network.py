"""The network: overview, locations, stations, search."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Q, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from booking import selectors as booking
from booking.enums import SessionStatus
from cpms.portal.live import Fragments, Params
from cpms.portal.views import public
from stations import selectors as stations
from stations.domain.shown import Shown
from stations.enums import EvseStatus
from stations.errors import UnknownLocation
from stations.models import ChargingStation, Evse, Location

PER_PAGE = 50
MOST_ALERTS = 6
MOST_ROWS = 12  # of the overview's locations and sessions
MOST_PICKS = 300
LATELY = timedelta(hours=1)
AWAY = Q(connection__connected_at__isnull=False, connection__disconnected_at__isnull=False)

ONLINE = Shown(gettext_noop("Online"), "wifi", "ok")
DEGRADED = Shown(gettext_noop("Degraded"), "alert-triangle", "warn")
ALL_OFFLINE = Shown(gettext_noop("Offline"), "wifi-off", "bad")
EMPTY = Shown(gettext_noop("No EVSEs"), "plug", "grey")


def overview(request: HttpRequest) -> HttpResponse:
    facts = overview_facts(timezone.now())
    live = "" if facts["is_empty"] else "view=overview"
    return render(request, "portal/overview.html", {**facts, "live": live})


def overview_fragments(user: User, params: Params) -> Fragments:
    facts = overview_facts(datetime.now(UTC))
    parts = ("kpis", "locations", "running", "attention")
    return {f"live-{part}": render_to_string(f"portal/_{part}.html", facts) for part in parts}


def overview_facts(now: datetime) -> dict[str, Any]:
    tallies = booking.tallies()
    locations = list(stations.locations().annotate(count=Window(Count("pk")))[: MOST_ROWS + 1])
    is_longer = len(locations) > MOST_ROWS
    return {
        "now": now,
        "totals": booking.totals(now),
        "free": sum(tally.free for tally in tallies.values()),
        "evse_count": sum(tally.total for tally in tallies.values()),
        "location_count": locations[0].count if locations else 0,
        "places": [place_of(location, tallies) for location in locations[:MOST_ROWS]],
        "running": booking.sessions().filter(status=SessionStatus.ACTIVE)[:MOST_ROWS],
        "alerts": _alerts(),
        "refused": stations.refused_since(now - LATELY),
        "is_empty": not locations,
        "is_longer": is_longer,
    }


def place_of(location: Location, tallies: Mapping[int, booking.Tally]) -> dict[str, Any]:
    """A location with its counts, as lists and the picker show it."""
    tally = tallies.get(location.pk, booking.Tally())
    return {"location": location, "tally": tally, "state": state_of(tally)}


def state_of(tally: booking.Tally) -> Shown:
    """One word for a location (design guide of the portal, §6)."""
    if not tally.total:
        return EMPTY
    if tally.offline == tally.total:
        return ALL_OFFLINE
    return DEGRADED if tally.not_working else ONLINE


def _alerts() -> list[dict[str, Any]]:
    """What a person should look at: stations that are away, EVSEs that are faulted."""
    away = stations.stations().filter(AWAY).order_by("-connection__disconnected_at")
    faulted = (
        Evse.objects.filter(removed_at=None, status=EvseStatus.FAULTED)
        .filter(station__connection__disconnected_at=None)
        .select_related("station", "location")
        .order_by("-status_at", "pk")
    )
    alerts: list[dict[str, Any]] = [{"station": found} for found in away[:MOST_ALERTS]]
    if len(alerts) == MOST_ALERTS:
        alerts.append({"more": away.count() - MOST_ALERTS})
    alerts += [{"evse": evse, "station": evse.station} for evse in faulted[:MOST_ALERTS]]
    return alerts


def locations(request: HttpRequest) -> HttpResponse:
    page = Paginator(stations.locations(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/locations.html", {"page": page})


def location(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    """The external status of a location."""
    facts = location_facts(ocpi_id, timezone.now())
    live = urlencode({"view": "location", "location": ocpi_id})
    found = facts["location"]
    facts |= {"public": public.links(found) if found.publish else None, "live": live}
    return render(request, "portal/location.html", facts)


def location_fragments(user: User, params: Params) -> Fragments:
    facts = location_facts(params.get("location", ""), datetime.now(UTC))
    return {
        "live-head": render_to_string("portal/_location_head.html", facts),
        "live-location": render_to_string("portal/_location.html", facts),
    }


def location_facts(ocpi_id: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownLocation."""
    found = Location.objects.filter(ocpi_id=ocpi_id).first()
    if found is None:
        raise UnknownLocation(location_id=ocpi_id)
    types = booking.status_by_type(found, now)
    tally = booking.Tally()
    for live in (live for entry in types for live in entry.evses):
        tally.add(live.state, 1, is_busy=live.session is not None)
    return {
        "now": now,
        "location": found,
        "types": types,
        "place": place_of(found, {found.pk: tally}),
        "faults": [
            live.evse for entry in types for live in entry.evses if live.state.tone == "bad"
        ],
    }


def picker(request: HttpRequest) -> HttpResponse:
    """The locations to choose from, fetched when the picker opens."""
    tallies = booking.tallies()
    places = [place_of(location, tallies) for location in stations.locations()[:MOST_PICKS]]
    facts = {"places": places, "to_sessions": request.GET.get("page") == "sessions"}
    return render(request, "portal/_picker.html", facts)


def station_list(request: HttpRequest) -> HttpResponse:
    found = stations.stations().prefetch_related("evses")
    if text := request.GET.get("q", "").replace("\0", ""):
        found = found.filter(
            Q(identity__icontains=text)
            | Q(location__name__icontains=text)
            | Q(model__icontains=text)
            | Q(vendor__icontains=text)
        )
    if ocpi_id := request.GET.get("location", "").replace("\0", ""):
        found = found.filter(location__ocpi_id=ocpi_id)
    state = request.GET.get("state", "")
    if state == "online":
        found = found.filter(
            connection__connected_at__isnull=False, connection__disconnected_at=None
        )
    elif state == "offline":
        found = found.exclude(
            connection__connected_at__isnull=False, connection__disconnected_at=None
        )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page, "q": text, "state": state, "at": ocpi_id, "now": timezone.now(),
        "locations": stations.locations(),
    }  # fmt: skip
    return render(request, "portal/stations.html", facts)


def search(request: HttpRequest) -> HttpResponse:
    """From the top bar: straight to the station of that name, or to the sessions of that id
    token, else to the list of stations."""
    text = request.GET.get("q", "").strip().replace("\0", "")
    exact = ChargingStation.objects.filter(identity__iexact=text).first()
    if exact is not None:
        return redirect("station", identity=exact.identity)
    if text and booking.sessions().filter(id_token__iexact=text).exists():
        answer = redirect("sessions")
        answer["Location"] += "?" + urlencode({"id_token": text})
        return answer
    answer = redirect("stations")
    answer["Location"] += "?" + request.GET.urlencode()
    return answer
