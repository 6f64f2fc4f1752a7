"""Tariffs: what a session costs, and where."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from stations.portal.wishes import fulfilled
from tariffs import selectors, services
from tariffs.errors import UnknownTariff
from tariffs.models import Tariff, TariffVersion
from tariffs.portal.forms import SimpleTariffForm, TariffFields, TariffForm, is_simple


def tariff_list(request: HttpRequest) -> HttpResponse:
    return render(request, "tariffs/tariffs.html", {"rows": selectors.tariff_rows(timezone.now())})


def tariff_add(request: HttpRequest) -> HttpResponse:
    """`?form=elements` gives the form for all that OCPI can say."""
    kind = TariffForm if request.GET.get("form") == "elements" else SimpleTariffForm
    form = kind(request.POST or None)
    added = fulfilled(
        form,
        lambda: services.add_tariff(
            body=form.body(),
            now=timezone.now(),
            places=form.places(),
            created_by=_user(request),
        ),
    )
    if added:
        messages.success(request, _("The tariff holds for sessions that start from now on."))
        return redirect("tariffs")
    return _page(request, form, _("Add tariff"))


def tariff_edit(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    """A change makes a new version: sessions that run keep the price they started with."""
    tariff, held = _newest(ocpi_id)
    kind = SimpleTariffForm if is_simple(held.body) else TariffForm
    form = kind(
        request.POST or None,
        held=held.body,
        places=[row.place for row in tariff.assignments.all()],
    )
    version = fulfilled(
        form,
        lambda: services.change_tariff(
            tariff=tariff,
            content=form.body(),
            now=timezone.now(),
            places=form.places(),
            created_by=_user(request),
        ),
    )
    if version:
        note = _("Version %d holds for sessions that start from now on.") % version.number
        messages.success(request, note if version != held else _("Saved."))
        return redirect("tariffs")
    return _page(request, form, _("Change tariff %s") % ocpi_id)


def _page(request: HttpRequest, form: TariffFields, title: str) -> HttpResponse:
    facts: dict[str, Any] = {
        "form": form,
        "title": title,
        "note": _("Prices are before VAT. Sessions keep the version they started with."),
        "back": reverse("tariffs"),
    }
    return render(request, "tariffs/tariff.html", facts)


def _newest(ocpi_id: str) -> tuple[Tariff, TariffVersion]:
    """Raises UnknownTariff."""
    tariff = Tariff.objects.filter(ocpi_id=ocpi_id).first()
    version = tariff.versions.order_by("-number").first() if tariff else None
    if tariff is None or version is None:
        raise UnknownTariff(tariff_id=ocpi_id)
    return tariff, version


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
