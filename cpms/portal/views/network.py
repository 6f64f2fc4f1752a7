"""The network: overview, locations, stations, search."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from booking import selectors as booking
from cpms.portal.live import Fragments, Params
from stations import selectors as stations
from stations.enums import EvseStatus
from stations.errors import UnknownLocation
from stations.models import ChargingStation, Evse, Location

PER_PAGE = 50
MOST_ALERTS = 8
FIRST_BOOT_WITHIN = timedelta(days=30)


def overview(request: HttpRequest) -> HttpResponse:
    facts = overview_facts(timezone.now())
    return render(request, "portal/overview.html", {**facts, "live": "view=overview"})


def overview_fragments(user: User, params: Params) -> Fragments:
    facts = overview_facts(datetime.now(UTC))
    return {
        "live-overview": render_to_string("portal/_overview.html", facts),
    }


def overview_facts(now: datetime) -> dict[str, Any]:
    evses = list(
        Evse.objects.filter(removed_at=None).select_related("station__connection", "location")
    )
    counts = _free_by_location(booking.busy_evse_ids(), evses)
    locations = list(stations.locations())
    return {
        "now": now,
        "totals": booking.totals(now),
        "free": sum(free for free, _ in counts.values()),
        "evse_count": len(evses),
        "locations": [
            {"location": location, "free": free, "total": total, "tone": _tone(free, total)}
            for location in locations
            for free, total in [counts.get(location.pk, (0, 0))]
        ],
        "alerts": _alerts(evses),
        "is_empty": not locations,
    }


def _free_by_location(busy: set[int], evses: list[Evse]) -> dict[int, tuple[int, int]]:
    counts: dict[int, tuple[int, int]] = {}
    for evse in evses:
        free, total = counts.get(evse.location_id, (0, 0))
        is_free = stations.state_of(evse).word == "Available" and evse.pk not in busy
        counts[evse.location_id] = (free + is_free, total + 1)
    return counts


def _tone(free: int, total: int) -> str:
    if not total:
        return "grey"
    return "ok" if free else "warn"


def _alerts(evses: list[Evse]) -> list[dict[str, Any]]:
    """What a person should look at: stations that are away, EVSEs that are faulted."""
    away = {
        evse.station_id: evse.station
        for evse in evses
        if evse.station and not evse.station.connection.is_connected
    }
    alerts: list[dict[str, Any]] = [
        {"tone": "bad", "kind": "offline", "station": station}
        for station in away.values()
        if station and station.connection.connected_at
    ]
    alerts += [
        {"tone": "warn", "kind": "fault", "evse": evse, "station": evse.station}
        for evse in evses
        if evse.status == EvseStatus.FAULTED and evse.station_id not in away
    ]
    return alerts[:MOST_ALERTS]


def locations(request: HttpRequest) -> HttpResponse:
    page = Paginator(stations.locations(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/locations.html", {"page": page})


def location(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    """The external status of a location."""
    facts = location_facts(ocpi_id, timezone.now())
    live = urlencode({"view": "location", "location": ocpi_id})
    return render(request, "portal/location.html", {**facts, "live": live})


def location_fragments(user: User, params: Params) -> Fragments:
    facts = location_facts(params.get("location", ""), datetime.now(UTC))
    return {"live-location": render_to_string("portal/_location.html", facts)}


def location_facts(ocpi_id: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownLocation."""
    found = Location.objects.filter(ocpi_id=ocpi_id).first()
    if found is None:
        raise UnknownLocation(location_id=ocpi_id)
    return {"now": now, "location": found, "types": booking.status_by_type(found, now)}


def station_list(request: HttpRequest) -> HttpResponse:
    found = stations.stations().prefetch_related("evses")
    if text := request.GET.get("q", "").replace("\0", ""):
        found = found.filter(
            Q(identity__icontains=text)
            | Q(location__name__icontains=text)
            | Q(model__icontains=text)
            | Q(vendor__icontains=text)
        )
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
    facts = {"page": page, "q": text, "state": state, "now": timezone.now()}
    return render(request, "portal/stations.html", facts)


def search(request: HttpRequest) -> HttpResponse:
    """From the top bar: straight to the station of that name, else to the list."""
    text = request.GET.get("q", "").strip().replace("\0", "")
    exact = ChargingStation.objects.filter(identity__iexact=text).first()
    if exact is not None:
        return redirect("station", identity=exact.identity)
    answer = redirect("stations")
    answer["Location"] += "?" + request.GET.urlencode()
    return answer
