"""Meters of a location's site: add, change, remove. What they show stands on its energy page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from energy import selectors, services
from energy.models import SiteMeter
from energy.portal.forms import MeterForm
from stations.portal.wishes import fulfilled, removal
from stations.selectors import location_by_id


def meter_form(request: HttpRequest, ocpi_id: str, pk: int | None = None) -> HttpResponse:
    location = location_by_id(ocpi_id)
    meter = selectors.meter_of(location, pk) if pk is not None else SiteMeter(location=location)
    form = MeterForm(request.POST or None, instance=meter)
    saved = fulfilled(
        form, lambda: services.save_meter(meter=form.save(commit=False), now=timezone.now())
    )
    back = reverse("energy", args=[ocpi_id])
    if saved:
        messages.success(request, _("Saved."))
        return redirect(back)
    facts = {"form": form, "title": _("Site meter"), "note": str(location), "back": back}
    if pk is not None:
        facts |= {
            "remove": reverse("site-meter-remove", args=[ocpi_id, pk]),
            "remove_title": _("Remove %s?") % meter.name,
            "remove_text": _("Only one that never gave a reading can be removed."),
        }
    return render(request, "components/form_page.html", facts)


def meter_remove(request: HttpRequest, ocpi_id: str, pk: int) -> HttpResponse:
    meter = selectors.meter_of(location_by_id(ocpi_id), pk)
    return removal(
        request,
        lambda: services.remove_meter(meter=meter),
        of=meter,
        stays=reverse("site-meter-edit", args=[ocpi_id, pk]),
        goes=reverse("energy", args=[ocpi_id]),
    )
