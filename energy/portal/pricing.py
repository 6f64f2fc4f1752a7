"""The formula of a location's dynamic tariff."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from energy import selectors, services
from energy.models import DynamicTariff
from stations.portal.wishes import fulfilled
from stations.selectors import location_by_id

UNITS = {
    "margin_kwh": gettext_lazy("per kWh"), "floor_kwh": gettext_lazy("per kWh"),
    "ceiling_kwh": gettext_lazy("per kWh"), "largest_change_kwh": gettext_lazy("per kWh"),
    "margin_percent": "%", "vat": "%",
}  # fmt: skip


class DynamicTariffForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = DynamicTariff
        fields = [
            "ocpi_id", "is_active", "margin_kwh", "margin_percent", "floor_kwh", "ceiling_kwh",
            "largest_change_kwh", "efficiency", "vat", "publish_at",
        ]  # fmt: skip
        labels = {
            "ocpi_id": gettext_lazy("Tariff id"),
            "is_active": gettext_lazy("Publish prices each day"),
            "margin_kwh": gettext_lazy("On top of the marginal cost"),
            "margin_percent": gettext_lazy("And on top of both"),
            "floor_kwh": gettext_lazy("Never less than"),
            "ceiling_kwh": gettext_lazy("Never more than"),
            "largest_change_kwh": gettext_lazy("From the day before's mean at most"),
            "efficiency": gettext_lazy("Share of the energy that reaches the car (0 to 1)"),
            "vat": gettext_lazy("VAT"),
            "publish_at": gettext_lazy("Published at (local time), for the day after"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, unit in UNITS.items():
            vars(self.fields[name])["unit"] = unit
        if self.instance.pk:
            self.fields["ocpi_id"].disabled = True


def dynamic_form(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    """A location has one here; more over REST."""
    location = location_by_id(ocpi_id)
    found = selectors.dynamic_of(location) or DynamicTariff(location=location)
    form = DynamicTariffForm(request.POST or None, instance=found)
    saved = fulfilled(
        form,
        lambda: services.save_dynamic(dynamic=form.save(commit=False), now=timezone.now()),
    )
    if saved:
        messages.success(request, _("Saved; prices follow it from the next publication on."))
        return redirect("energy", ocpi_id=ocpi_id)
    note = found.note or _(
        "Prices follow what one more kWh costs. Sessions keep the version they started with; "
        "tariffs set by hand stay beside it."
    )
    facts = {
        "form": form, "title": _("Dynamic tariff"), "note": note,
        "back": reverse("energy", args=[ocpi_id]),
    }  # fmt: skip
    return render(request, "components/form_page.html", facts)
