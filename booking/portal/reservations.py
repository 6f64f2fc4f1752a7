"""Reservations: the list and calendar, one of them, and what can be done with it."""

from datetime import UTC, datetime
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
from booking import selectors, services
from booking.domain.reserving import Holder
from booking.enums import CanceledBy, ReservationStatus
from booking.models import Reservation
from booking.portal.calendars import EVERYTHING, list_facts
from booking.portal.reservation_forms import (
    EVSE,
    CancelForm,
    ReservationForm,
    WindowForm,
)
from cpms.kernel.errors import DomainError
from cpms.languages import told
from stations.models import Location
from stations.selectors import evse_by_uid, location_by_id, locations


def reservation_list(request: HttpRequest) -> HttpResponse:
    params = request.GET.dict()
    facts = {
        **list_facts(params, timezone.now()),
        "statuses": [*ReservationStatus.choices, (EVERYTHING, _("All, past ones too"))],
        "locations": locations(),
    }
    page = {"page": params["page"]} if "page" in params else {}
    facts["live"] = urlencode({"view": "reservations", **facts["asked"].query, **page})
    return render(request, "booking/reservations.html", facts)


def reservations_fragments(user: User, params: Any) -> dict[str, str]:
    facts = list_facts(params, datetime.now(UTC))
    return {"live-reservations": render_to_string("booking/_reservations.html", facts)}


def reservation_page(request: HttpRequest, pk: int) -> HttpResponse:
    facts = reservation_facts(pk, timezone.now())
    live = urlencode({"view": "reservation", "reservation": pk})
    return render(request, "booking/reservation.html", {**facts, "live": live})


def reservation_fragments(user: User, params: Any) -> dict[str, str]:
    text = str(params.get("reservation", ""))
    facts = reservation_facts(int(text) if text.isdecimal() else 0, datetime.now(UTC))
    return {"live-reservation": render_to_string("booking/_reservation.html", facts)}


def reservation_facts(pk: int, now: datetime) -> dict[str, Any]:
    """Raises UnknownReservation."""
    reservation = selectors.reservation_by_id(pk)
    return {
        "now": now,
        "reservation": reservation,
        "zone": reservation.evse.location.time_zone,
        "session": next(iter(reservation.sessions.all()), None),
        "is_late": now > reservation.cancel_until,
    }


def reservation_add(request: HttpRequest) -> HttpResponse:
    """At a location that was named, or is chosen first."""
    location, place = _chosen(request)
    if location is None:
        return render(request, "booking/reservation_where.html", {"locations": locations()})
    now = timezone.now()
    form = ReservationForm(
        request.POST or None, location=location, now=now, initial={"place": place}
    )
    if request.method == "POST" and form.is_valid():
        made = _made(request, form, location, now)
        if made is not None:
            messages.success(request, _("Reserved."))
            return redirect("reservation", pk=made.pk)
    facts = {
        "form": form,
        "title": _("Reserve at %s") % location,
        "back": reverse("reservations") + "?" + urlencode({"location": location.ocpi_id}),
    }
    return render(request, "components/form_page.html", facts)


def _chosen(request: HttpRequest) -> tuple[Location | None, str]:
    """The location that the address names, and the EVSE if it names one. Raises UnknownEvse or
    UnknownLocation."""
    if uid := request.GET.get("evse", "").replace("\0", ""):
        return evse_by_uid(uid).location, f"{EVSE}:{uid}"
    if ocpi_id := request.GET.get("location", "").replace("\0", ""):
        return location_by_id(ocpi_id), ""
    return None, ""


def _made(
    request: HttpRequest, form: ReservationForm, location: Location, now: datetime
) -> Reservation | None:
    """The reservation; None: it was refused, and the form says why."""
    assert isinstance(request.user, User)
    kind, key = form.kind_and_key()
    terms: dict[str, Any] = {
        "holder": Holder(id_token=form.cleaned_data["id_token"]),
        "window": form.window(),
        "now": now,
        "issued_by": request.user,
    }
    try:
        if kind == EVSE:
            return services.reserve(evse=evse_by_uid(key), **terms)
        return services.reserve_any(location=location, connector_standard=key, **terms)
    except DomainError as refusal:
        form.add_error(None, told(refusal))
        return None


def reservation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another window, at the same EVSE."""
    reservation = selectors.reservation_by_id(pk)
    now = timezone.now()
    window = {"starts_at": reservation.starts_at, "ends_at": reservation.ends_at}
    location = reservation.evse.location
    form = WindowForm(request.POST or None, location=location, now=now, initial=window)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_reservation(reservation=reservation, window=form.window(), now=now)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("reservation", pk=pk)
    facts = {
        "form": form,
        "title": _("Change the reservation of %s") % reservation.evse,
        "back": reverse("reservation", args=[pk]),
    }
    return render(request, "components/form_page.html", facts)


def reservation_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = CancelForm(request.POST)
    reservation = selectors.reservation_by_id(pk)
    if not form.is_valid():
        messages.error(request, _("This cannot be asked."))
        return redirect("reservation", pk=pk)
    try:
        services.cancel_reservation(
            reservation=reservation,
            by=CanceledBy(form.cleaned_data["by"]),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, _("Cancelled."))
    return redirect("reservation", pk=pk)
