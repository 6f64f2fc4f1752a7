"""Tokens: who may charge."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking import selectors, services
from booking.enums import AuthorizationStatus
from booking.models import Token

PER_PAGE = 50


class TokenForm(forms.Form):
    """One of the CPO's own tokens."""

    uid = forms.CharField(
        label=gettext_lazy("Id token"),
        max_length=20,
        help_text=gettext_lazy("What the card reader reads; capital and small letters are equal."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=120, required=False)
    group_id = forms.CharField(
        label=gettext_lazy("Group"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Tokens of one group may stop each other's sessions."),
    )

    def clean_uid(self) -> str:
        uid: str = self.cleaned_data["uid"].strip()
        if Token.objects.filter(uid__iexact=uid, party_id="").exists():
            raise forms.ValidationError(_("There is such a token already."))
        return uid


def token_list(request: HttpRequest) -> HttpResponse:
    found = selectors.tokens()
    if text := request.GET.get("q", "").replace("\0", "").strip():
        found = found.filter(uid__icontains=text) | found.filter(note__icontains=text)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "booking/tokens.html", {"page": page, "q": text})


def token_add(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.save_tokens(tokens=[Token(**form.cleaned_data)], now=timezone.now())
        messages.success(request, _("The token may charge now."))
        return redirect("tokens")
    facts: dict[str, Any] = {"form": form, "title": _("Add token"), "back": reverse("tokens")}
    return render(request, "components/form_page.html", facts)


def token_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Block or unblock."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    token = get_object_or_404(Token, pk=pk)
    is_blocked = request.POST.get("status") == AuthorizationStatus.BLOCKED
    services.set_token_status(
        token=token,
        status=AuthorizationStatus.BLOCKED if is_blocked else AuthorizationStatus.ACCEPTED,
        now=timezone.now(),
    )
    messages.success(request, _("Blocked.") if is_blocked else _("Unblocked."))
    return redirect("tokens")
