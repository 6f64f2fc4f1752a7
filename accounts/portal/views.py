"""Users and roles; one's own API tokens."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.i18n import set_language

from accounts import selectors, services
from accounts.enums import Role
from accounts.inviting import invite
from accounts.models import ApiToken, User
from cpms.kernel.errors import DomainError
from cpms.languages import told

PER_PAGE = 50
TOKEN_ONCE = "new-api-token"  # noqa: S105 -- the name of a session entry


class UserForm(forms.Form):
    """A new member of staff."""

    email = forms.EmailField(label=gettext_lazy("E-mail"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.VIEWER)
    password = forms.CharField(
        label=gettext_lazy("First password"),
        widget=forms.PasswordInput,
        min_length=9,
        required=False,
        help_text=gettext_lazy("Left empty: they are sent a link to choose one."),
    )


class ApiTokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What is it for?"),
        max_length=120,
        help_text=gettext_lazy("The token has your role and lasts 90 days."),
    )


def choose_language(request: HttpRequest) -> HttpResponse:
    """Kept with the user, and by the browser for when nobody is logged in."""
    language = request.POST.get("language", "")
    if isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        services.choose_language(user=request.user, language=language)
    return set_language(request)


def user_list(request: HttpRequest) -> HttpResponse:
    facts = {
        "users": selectors.users(),
        "with_second_factor": selectors.users_with_second_factor(),
        "roles": Role.choices,
        "now": timezone.now(),
    }
    return render(request, "accounts/users.html", facts)


def user_add(request: HttpRequest) -> HttpResponse:
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.add_user(**form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, told(refusal))
        else:
            if form.cleaned_data["password"]:
                messages.success(request, _("The user can log in now."))
                return redirect("users")
            return user_invite(request, user.pk)
    facts: dict[str, Any] = {"form": form, "title": _("Add user"), "back": reverse("users")}
    return render(request, "components/form_page.html", facts)


def user_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Once, and again for who lost the mail."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        invite(user=get_object_or_404(User, pk=pk))
        messages.success(request, _("The invitation is sent."))
    except DomainError as refusal:
        messages.error(request, told(refusal))
    return redirect("users")


def user_role(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user = get_object_or_404(User, pk=pk)
    role = request.POST.get("role", "")
    try:
        services.change_user(
            user=user, now=timezone.now(), role=Role(role), is_active="active" in request.POST
        )
        messages.success(request, _("Saved."))
    except DomainError as refusal:
        messages.error(request, told(refusal))
    except ValueError:
        messages.error(request, _("There is no such role."))
    return redirect("users")


def user_drop_second_factors(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    services.drop_second_factors(user=get_object_or_404(User, pk=pk))
    messages.success(request, _("The password alone opens the portal for them now."))
    return redirect("users")


def audit_log(request: HttpRequest) -> HttpResponse:
    who, what = (request.GET.get(name, "").replace("\0", "").strip() for name in ("who", "what"))
    found = selectors.audit_entries().filter(email__icontains=who, path__icontains=what)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/audit.html", {"page": page, "who": who, "what": what})


def api_tokens(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = ApiTokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _token, text = services.issue_token(
            user=request.user, name=form.cleaned_data["name"], now=timezone.now()
        )
        request.session[TOKEN_ONCE] = text
        return redirect("api-tokens")
    facts = {
        "form": form,
        "tokens": ApiToken.objects.filter(user=request.user),
        "shown_once": request.session.pop(TOKEN_ONCE, None),
        "now": timezone.now(),
    }
    return render(request, "accounts/api_tokens.html", facts)


def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    token = get_object_or_404(ApiToken, pk=pk, user_id=request.user.pk)
    services.revoke_token(token=token, now=timezone.now())
    messages.success(request, _("The token opens nothing any more."))
    return redirect("api-tokens")
