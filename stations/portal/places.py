"""Locations: add, change, remove."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from stations import selectors, services
from stations.models import Location
from stations.portal.forms import LocationForm
from stations.portal.wishes import fulfilled, removal

FORM_PAGE = "components/form_page.html"


def location_form(request: HttpRequest, ocpi_id: str | None = None) -> HttpResponse:
    found = get_object_or_404(Location, ocpi_id=ocpi_id) if ocpi_id else None
    form = LocationForm(request.POST or None, instance=found)
    saved = fulfilled(
        form,
        lambda: services.save_location(location=form.save(commit=False), now=timezone.now()),
    )
    if saved:
        messages.success(request, _("Saved."))
        return redirect("location", ocpi_id=saved.ocpi_id)
    facts = {"form": form, "title": _("Add location"), "back": reverse("locations")}
    if found:
        facts |= {
            "title": _("Change location"),
            "back": reverse("location", args=[ocpi_id]),
            "remove": reverse("location-remove", args=[ocpi_id]),
            "remove_title": _("Remove %s?") % found,
            "remove_text": _("Only a location where nothing stands can be removed."),
        }
    return render(request, FORM_PAGE, facts)


def location_remove(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    location = selectors.location_by_id(ocpi_id)
    return removal(
        request,
        lambda: services.delete_location(location=location),
        of=location,
        stays=reverse("location-edit", args=[ocpi_id]),
        goes=reverse("locations"),
    )
