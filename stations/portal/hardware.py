"""Stations and their EVSEs: add, change, remove."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from stations import selectors, services
from stations.models import ChargingStation, Evse
from stations.portal.forms import ConnectorForms, EvseForm, StationForm, kept, rows_of
from stations.portal.onboarding import KEY_ONCE
from stations.portal.wishes import fulfilled, removal

FORM_PAGE = "components/form_page.html"


def station_add(request: HttpRequest) -> HttpResponse:
    """A new station gets its key here; it is shown on the next page, once."""
    form = StationForm(request.POST or None, initial={"location": _chosen_location(request)})
    made = fulfilled(form, lambda: _made(form))
    if made:
        request.session[KEY_ONCE] = made
        return redirect("station-onboarding", identity=next(iter(made)))
    facts = {"form": form, "title": _("Add station"), "back": reverse("stations")}
    return render(request, FORM_PAGE, facts)


@transaction.atomic
def _made(form: StationForm) -> dict[str, str]:
    """A new station's key, by its identity."""
    station = services.save_station(station=form.save(commit=False), now=timezone.now())
    return {station.identity: services.set_new_key(station=station)}


def _chosen_location(request: HttpRequest) -> int | None:
    ocpi_id = request.GET.get("location", "").replace("\0", "")
    found = selectors.locations().filter(ocpi_id=ocpi_id).first() if ocpi_id else None
    return found.pk if found else None


def station_edit(request: HttpRequest, identity: str) -> HttpResponse:
    station = selectors.station_by_identity(identity)
    form = StationForm(request.POST or None, instance=station)
    saved = fulfilled(
        form,
        lambda: services.change_station(
            station=form.save(commit=False), evse_uids=None, now=timezone.now()
        ),
    )
    if saved:
        messages.success(request, _("Saved."))
        return redirect("station", identity=saved.identity)
    facts = {
        "form": form,
        "title": _("Change station"),
        "back": reverse("station", args=[identity]),
        "remove": reverse("station-remove", args=[identity]),
        "remove_title": _("Remove station %s?") % identity,
        "remove_text": _("It can connect no more. Only a station that never charged can go."),
    }
    return render(request, FORM_PAGE, facts)


def station_remove(request: HttpRequest, identity: str) -> HttpResponse:
    station = selectors.station_by_identity(identity)
    return removal(
        request,
        lambda: services.delete_station(station=station, now=timezone.now()),
        of=identity,
        stays=reverse("station-edit", args=[identity]),
        goes=reverse("stations"),
    )


def evse_form(request: HttpRequest, identity: str, uid: str | None = None) -> HttpResponse:
    """An EVSE with its connectors; `?connectors=` says how many rows there are to fill in."""
    station = selectors.station_by_identity(identity)
    found = get_object_or_404(Evse, uid=uid, station=station) if uid else None
    rows = rows_of(found, _count(request.GET.get("connectors", "")))
    form = EvseForm(request.POST or None, instance=found, station=station)
    connectors = ConnectorForms(request.POST or None, initial=rows, prefix="connectors")
    save = partial(_stored, form, station, connectors)
    if connectors.is_valid() and fulfilled(form, save) is not None:
        messages.success(request, _("Saved."))
        return redirect("station", identity=identity)
    facts = {
        "form": form,
        "formset": connectors,
        "more": f"?connectors={len(connectors.forms) + 1}",
        "title": _("Add EVSE"),
        "back": reverse("station", args=[identity]),
    }
    if found:
        facts |= {
            "title": _("Change EVSE %s") % found,
            "remove": reverse("evse-remove", args=[identity, uid]),
            "remove_title": _("Remove EVSE %s?") % found,
            "remove_text": _("Drivers and eMSPs no longer see it. Its sessions stay."),
        }
    return render(request, FORM_PAGE, facts)


def _stored(form: EvseForm, station: ChargingStation, connectors: Any) -> Evse:
    evse: Evse = form.save(commit=False)
    evse.station, evse.location = station, station.location
    return services.save_evse(evse=evse, now=timezone.now(), connectors=kept(connectors))


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) == 1 else 0


def evse_remove(request: HttpRequest, identity: str, uid: str) -> HttpResponse:
    station = selectors.station_by_identity(identity)
    evse = get_object_or_404(Evse, uid=uid, station=station)
    return removal(
        request,
        lambda: services.remove_evse(evse=evse, now=timezone.now()),
        of=evse,
        stays=reverse("evse-edit", args=[identity, uid]),
        goes=reverse("station", args=[identity]),
    )
