"""Batteries: what they hold and do, add, change, remove."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cpms.kernel.errors import DomainError
from cpms.languages import told
from energy import selectors, services
from energy.portal.forms import BatteryForm
from stations.portal.wishes import fulfilled, removal

FORM_PAGE = "components/form_page.html"
SHOWN_SETPOINTS = 20


def battery_list(request: HttpRequest) -> HttpResponse:
    facts = {"batteries": selectors.batteries(), "now": timezone.now(), "live": "view=batteries"}
    return render(request, "energy/batteries.html", facts)


def batteries_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = {"batteries": selectors.batteries(), "now": timezone.now()}
    return {"live-batteries": render_to_string("energy/_batteries.html", facts)}


def battery_page(request: HttpRequest, pk: int) -> HttpResponse:
    live = urlencode({"view": "battery", "battery": pk})
    return render(request, "energy/battery.html", {**_facts(str(pk)), "live": live})


def battery_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    number = params.get("battery", "")
    facts = _facts(number if number.isascii() and number.isdecimal() else "0")
    return {"live-battery": render_to_string("energy/_battery.html", facts)}


def _facts(number: str) -> dict[str, Any]:
    """Raises UnknownBattery."""
    battery = selectors.battery_by_id(number)
    return {
        "battery": battery,
        "setpoints": selectors.last_setpoints(battery, SHOWN_SETPOINTS),
        "test": selectors.last_test(battery),
        "now": timezone.now(),
    }


def battery_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a commissioning test; the page shows live how it goes."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    assert isinstance(request.user, User)
    battery = selectors.battery_by_id(str(pk))
    try:
        services.ask_test(battery=battery, now=timezone.now(), asked_by=request.user)
    except DomainError as refusal:
        messages.error(request, told(refusal))
    return redirect("battery", pk=pk)


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
