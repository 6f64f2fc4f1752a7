"""What can be done with a partner, each by one button."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cpms.kernel.errors import DomainError
from cpms.languages import told
from ocpi import selectors
from ocpi.models import Partner
from ocpi.portal.forms import PolicyForm
from ocpi.services import partners, pulling, resync, watching


def push(request: HttpRequest, pk: int) -> HttpResponse:
    full = "full" in request.POST
    return _done(
        request,
        pk,
        lambda one: resync.ask_push(partner=one, full=full, now=timezone.now()),
        _("Everything is being sent again.") if full else _("What waits is being sent."),
    )


def pull(request: HttpRequest, pk: int) -> HttpResponse:
    full = "full" in request.POST
    return _done(
        request,
        pk,
        lambda one: pulling.ask_for_pull(partner=one, now=timezone.now(), whole=full),
        _("Its tokens are being read."),
    )


def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda one: partners.suspend(partner=one), _("It is suspended."))


def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda one: partners.resume(partner=one), _("It is connected again."))


def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Begun here; its steps show on the page of the handshake."""

    def begin(one: Partner) -> None:
        row, work = watching.rotate(partner=one, now=timezone.now())
        watching.in_background(row, work)

    return _done(request, pk, begin, _("Tokens are being exchanged."), to="partner-joining")


def remove(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    partner = selectors.partner_by_id(pk)
    if partners.remove(partner=partner):
        messages.success(request, _("%s was told and removed.") % partner.name)
    else:
        messages.success(request, _("%s was removed.") % partner.name)
    return redirect("partners")


def policy(request: HttpRequest, pk: int) -> HttpResponse:
    found = selectors.partner_by_id(pk)
    form = PolicyForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            partners.change_policy(partner=found, fields=form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("partner", pk=pk)
    facts: dict[str, Any] = {
        "form": form,
        "title": _("When %s fails") % found.name,
        "note": _(
            "Whatever happens, what is owed to it stays owed, and other partners wait for nothing."
        ),
        "back": reverse("partner", args=[pk]),
    }
    return render(request, "components/form_page.html", facts)


def _done(
    request: HttpRequest,
    pk: int,
    do: Callable[[Partner], object],
    said: str,
    to: str = "partner",
) -> HttpResponse:
    """Do it, and tell the user how it went."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = selectors.partner_by_id(pk)
    try:
        do(found)
    except DomainError as refusal:
        messages.error(request, told(refusal))
        return redirect("partner", pk=pk)
    messages.success(request, said)
    return redirect(to, pk=pk)
