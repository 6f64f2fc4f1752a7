"""Batteries: what they hold and do, add, change, remove."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from energy import selectors, services
from energy.portal.forms import BatteryForm
from stations.portal.wishes import fulfilled, removal

FORM_PAGE = "components/form_page.html"


def battery_list(request: HttpRequest) -> HttpResponse:
    facts = {"batteries": selectors.batteries(), "now": timezone.now()}
    return render(request, "energy/batteries.html", facts)


def battery_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = selectors.battery_by_id(str(pk)) if pk is not None else None
    form = BatteryForm(request.POST or None, instance=found)
    saved = fulfilled(
        form,
        lambda: services.save_battery(battery=form.save(commit=False), now=timezone.now()),
    )
    if saved:
        messages.success(request, _("Saved."))
        return redirect("batteries")
    facts = {"form": form, "title": _("Add battery"), "back": reverse("batteries")}
    if found:
        facts |= {
            "title": _("Change battery"),
            "remove": reverse("battery-remove", args=[pk]),
            "remove_title": _("Remove %s?") % found,
            "remove_text": _("Only one that was never used can be removed."),
        }
    return render(request, FORM_PAGE, facts)


def battery_remove(request: HttpRequest, pk: int) -> HttpResponse:
    battery = selectors.battery_by_id(str(pk))
    return removal(
        request,
        lambda: services.remove_battery(battery=battery),
        of=battery,
        stays=reverse("battery-edit", args=[pk]),
        goes=reverse("batteries"),
    )
