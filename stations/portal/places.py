"""Static information: add and change locations, stations, EVSEs; a station's first minutes."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cpms.kernel.errors import DomainError
from stations import selectors, services
from stations.models import Evse, Location
from stations.portal.forms import EvseForm, LocationForm, StationForm

FORM_PAGE = "components/form_page.html"
KEY_ONCE = "new-station-key"


def location_form(request: HttpRequest, ocpi_id: str | None = None) -> HttpResponse:
    found = get_object_or_404(Location, ocpi_id=ocpi_id) if ocpi_id else None
    form = LocationForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        saved = services.save_location(location=form.save(commit=False), now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("location", ocpi_id=saved.ocpi_id)
    title = _("Change location") if found else _("Add location")
    return render(request, FORM_PAGE, {"form": form, "title": title, "back": "locations"})


def station_add(request: HttpRequest) -> HttpResponse:
    """A new station gets its key here; it is shown on the next page, once."""
    form = StationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        station = services.save_station(station=form.save(commit=False), now=now)
        request.session[KEY_ONCE] = {station.identity: services.set_new_key(station=station)}
        return redirect("station-onboarding", identity=station.identity)
    facts = {"form": form, "title": _("Add station"), "back": "stations"}
    return render(request, FORM_PAGE, facts)


def station_edit(request: HttpRequest, identity: str) -> HttpResponse:
    station = selectors.station_by_identity(identity)
    form = StationForm(request.POST or None, instance=station)
    if request.method == "POST" and form.is_valid():
        services.save_station(station=form.save(commit=False), now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("station", identity=station.identity)
    facts = {"form": form, "title": _("Change station"), "back": "stations"}
    return render(request, FORM_PAGE, facts)


def onboarding(request: HttpRequest, identity: str) -> HttpResponse:
    """What to enter at the station, and whether it has come."""
    station = selectors.station_by_identity(identity)
    shown: dict[str, Any] = request.session.pop(KEY_ONCE, {})
    base = settings.PUBLIC_URL.replace("http", "ws", 1)
    facts = {
        "station": station,
        "url": f"{base}/ocpp/{station.identity}",
        "key": shown.get(identity),
        "evses": selectors.evses_of_station(station),
        "now": timezone.now(),
        "live": urlencode({"view": "station-head", "station": identity}),
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
        messages.error(request, refusal.text)
    else:
        if command.error:
            messages.error(request, command.error["description"])
        else:
            messages.success(request, _("The station was given a new key."))
    return redirect("station", identity=identity)


def evse_form(request: HttpRequest, identity: str, uid: str | None = None) -> HttpResponse:
    station = selectors.station_by_identity(identity)
    found = get_object_or_404(Evse, uid=uid, station=station) if uid else None
    connector = found.connectors.first() if found else None
    initial = {
        name: getattr(connector, name)
        for name in ("standard", "format", "power_type", "max_voltage", "max_amperage")
        if connector
    }
    form = EvseForm(request.POST or None, instance=found, initial=initial, station=station)
    if request.method == "POST" and form.is_valid():
        evse = form.save(commit=False)
        evse.station, evse.location = station, station.location
        services.save_evse(evse=evse, now=timezone.now(), connectors=[form.connector()])
        messages.success(request, _("Saved."))
        return redirect("station", identity=identity)
    title = _("Change EVSE") if found else _("Add EVSE")
    facts = {"form": form, "title": title, "back": "stations"}
    return render(request, FORM_PAGE, facts)
