"""Tariffs: what a session costs, and where."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cpms.kernel.errors import DomainError
from stations.models import Location
from tariffs import selectors, services
from tariffs.errors import UnknownTariff
from tariffs.models import Tariff


def _money(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_digits=10, decimal_places=4, required=False
    )


class TariffForm(forms.Form):
    """A simple tariff: energy, time and a start fee, before VAT."""

    ocpi_id = forms.CharField(label=gettext_lazy("Tariff id"), max_length=36)
    currency = forms.RegexField(label=gettext_lazy("Currency"), regex="^[A-Z]{3}$", initial="EUR")
    energy = _money(gettext_lazy("Energy, per kWh"))
    time = _money(gettext_lazy("Time, per hour"))
    flat = _money(gettext_lazy("Start fee, per session"))
    vat = forms.DecimalField(
        label=gettext_lazy("VAT, percent"), min_value=0, max_value=100, required=False
    )
    locations = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Holds at"), queryset=Location.objects.all(), required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if all(cleaned.get(name) is None for name in ("energy", "time", "flat")):
            raise forms.ValidationError(_("Set at least one price; zero means free."))
        return cleaned

    def body(self) -> dict[str, Any]:
        """The OCPI 2.2.1 Tariff that these fields say."""
        cleaned = self.cleaned_data
        components = [
            _component(dimension, cleaned[name], cleaned["vat"])
            for name, dimension in (("energy", "ENERGY"), ("time", "TIME"), ("flat", "FLAT"))
            if cleaned[name] is not None
        ]
        party = cleaned["locations"].first() or Location.objects.order_by("pk").first()
        return {
            "country_code": party.country_code if party else "NL",
            "party_id": party.party_id if party else "CPO",
            "id": cleaned["ocpi_id"],
            "currency": cleaned["currency"],
            "elements": [{"price_components": components}],
        }


def _component(dimension: str, price: Decimal, vat: Decimal | None) -> dict[str, Any]:
    component: dict[str, Any] = {"type": dimension, "price": float(price), "step_size": 1}
    return component if vat is None else {**component, "vat": float(vat)}


def tariff_list(request: HttpRequest) -> HttpResponse:
    return render(request, "tariffs/tariffs.html", {"rows": selectors.tariff_rows(timezone.now())})


def tariff_form(request: HttpRequest, ocpi_id: str | None = None) -> HttpResponse:
    """A change makes a new version: sessions that run keep the price they started with."""
    form = TariffForm(request.POST or None, initial=_initial(ocpi_id) if ocpi_id else None)
    if ocpi_id:
        form.fields["ocpi_id"].disabled = True
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        try:
            version, is_new = services.save_tariff(
                body=form.body(), now=timezone.now(), created_by=request.user
            )
        except DomainError as refusal:
            form.add_error(None, refusal.text)
        else:
            services.assign_to_locations(
                tariff=version.tariff, locations=form.cleaned_data["locations"]
            )
            note = _("Version %d holds for sessions that start from now on.") % version.number
            messages.success(request, note if is_new else _("Saved."))
            return redirect("tariffs")
    title = _("Change tariff") if ocpi_id else _("Add tariff")
    return render(
        request,
        "components/form_page.html",
        {"form": form, "title": title, "back": reverse("tariffs")},
    )


def _initial(ocpi_id: str) -> dict[str, Any]:
    """The fields of an existing tariff. Raises UnknownTariff."""
    tariff = Tariff.objects.filter(ocpi_id=ocpi_id).first()
    version = tariff.versions.order_by("-number").first() if tariff else None
    if tariff is None or version is None:
        raise UnknownTariff(tariff_id=ocpi_id)
    fields: dict[str, Any] = {"ocpi_id": ocpi_id, "currency": version.currency}
    for element in version.body["elements"]:
        for component in element["price_components"]:
            fields.setdefault(component["type"].lower(), component["price"])
            fields.setdefault("vat", component.get("vat"))
    held = tariff.assignments.filter(location__isnull=False)
    fields["locations"] = list(held.values_list("location", flat=True))
    return fields
