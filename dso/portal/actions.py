"""What can be done with grid operators, each by a form or a button."""

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
from dso import selectors
from dso.models import Dso
from dso.portal.forms import FeedForm, InviteForm, LinkForm, PeerForm, VtnForm
from dso.portal.pages import TOKEN_ONCE
from dso.services import feeds, keeping, polling

FORMS = {"vtn": VtnForm, "invite": InviteForm, "peer": PeerForm}


def dso_add(request: HttpRequest) -> HttpResponse:
    """Which protocol, which way round, and whom."""
    how = request.POST.get("how", "")
    forms = {name: kind(request.POST if how == name else None, prefix=name) for name, kind in FORMS.items()}  # fmt: skip
    form = forms.get(how)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            made = _made(request, how, form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            return redirect("dso", pk=made.pk)
    return render(request, "dso/dso_add.html", {**forms, "form": form})


def _made(request: HttpRequest, how: str, fields: dict[str, Any]) -> Dso:
    now = timezone.now()
    if how == "vtn":
        secret = fields.pop("secret")
        return keeping.add_vtn(fields=fields, secret=secret, now=now)
    if how == "peer":
        return keeping.add_peer(now=now, **fields)
    invitation = keeping.invite_peer(name=fields["name"], now=now)
    shown = {"token_a": invitation.token_a, "base_url": invitation.base_url}
    request.session[TOKEN_ONCE] = {str(invitation.dso.pk): shown}
    return invitation.dso


def link_add(request: HttpRequest, pk: int) -> HttpResponse:
    found = selectors.dso_by_id(pk)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.link(dso=found, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            messages.success(request, _("It speaks for that source now."))
            return redirect("dso", pk=pk)
    facts = {
        "form": form,
        "title": _("A source of %s") % found.name,
        "note": _("What it says of the group or target holds for this source, and for no other."),
        "back": reverse("dso", args=[pk]),
    }
    return render(request, "components/form_page.html", facts)


def feed_add(request: HttpRequest) -> HttpResponse:
    """A feed for a price list, in place of the one that it has."""
    form = FeedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        feeds.keep_feed(now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Its prices are read within minutes."))
        return redirect("dsos")
    facts = {
        "form": form,
        "title": _("Prices from ENTSO-E"),
        "note": _("Day-ahead prices of a zone, read as soon as they are published."),
        "back": reverse("dsos"),
    }
    return render(request, "components/form_page.html", facts)


def unlink(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    return _done(
        request,
        pk,
        lambda one: keeping.unlink(dso=one, link_id=link, now=timezone.now()),
        _("It speaks for that source no longer; what it said ended."),
    )


def poll(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda one: polling.poll(dso_id=one.pk), _("It was read."))


def handshake(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(
        request,
        pk,
        lambda one: keeping.shake_hands(dso=one, now=timezone.now()),
        _("It is being asked."),
    )


def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(
        request,
        pk,
        lambda one: keeping.suspend(dso=one, on=True, now=timezone.now()),
        _("It is suspended; its last limits hold."),
    )


def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(
        request,
        pk,
        lambda one: keeping.suspend(dso=one, on=False, now=timezone.now()),
        _("It is asked again."),
    )


def remove(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = selectors.dso_by_id(pk)
    keeping.remove(dso=found, now=timezone.now())
    messages.success(request, _("%s was removed; what it said ended.") % found.name)
    return redirect("dsos")


def _done(request: HttpRequest, pk: int, do: Callable[[Dso], object], said: str) -> HttpResponse:
    """Do it, and tell the user how it went."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = selectors.dso_by_id(pk)
    try:
        do(found)
    except DomainError as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, said)
    return redirect("dso", pk=pk)
