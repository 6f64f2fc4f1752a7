"""Who is told of alerts: rules, subscriptions, webhooks and what they were sent."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import selectors, services
from alerts.models import Webhook
from alerts.portal.rule_forms import RuleForm, WebhookForm
from stations.portal.wishes import fulfilled, removal

FORM_PAGE = "components/form_page.html"
SECRET_ONCE = "new-webhook-secret"  # noqa: S105 -- the name of a session entry
PER_PAGE = 50


def rule_list(request: HttpRequest) -> HttpResponse:
    facts = {
        "rules": selectors.rules(),
        "webhooks": selectors.webhooks(),
        "mine": selectors.subscriptions_of(_user(request)),
        "now": timezone.now(),
    }
    return render(request, "alerts/rules.html", facts)


def subscribe(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told by mail, or no longer (`on` says which)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    is_on = request.POST.get("on") == "1"
    services.subscribe(rule=selectors.rule_by_id(pk), user=_user(request), on=is_on)
    messages.success(request, _("You get mails.") if is_on else _("You get no more mails."))
    return redirect("alert-rules")


def rule_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = selectors.rule_by_id(pk) if pk is not None else None
    form = RuleForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("alert-rules")
    facts = {"form": form, "title": _("Add rule"), "back": reverse("alert-rules")}
    if found:
        facts |= {
            "title": _("Change rule"),
            "remove": reverse("alert-rule-remove", args=[pk]),
            "remove_title": _("Remove %s?") % found,
            "remove_text": _("Its subscribers and webhooks are told no more by it."),
        }
    return render(request, FORM_PAGE, facts)


def rule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found, back = selectors.rule_by_id(pk), reverse("alert-rules")
    return removal(request, found.delete, of=found, stays=back, goes=back)


def webhook_add(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None)
    made = fulfilled(form, lambda: services.add_webhook(now=timezone.now(), **form.cleaned_data))
    if made:
        return _shown_once(request, *made)
    facts = {"form": form, "title": _("Add webhook"), "back": reverse("alert-rules")}
    return render(request, FORM_PAGE, facts)


def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """What it was sent, and its secret once."""
    found = selectors.webhook_by_id(pk)
    shown_once: dict[str, str] = request.session.pop(SECRET_ONCE, None) or {}
    page = Paginator(selectors.notices_to(found), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "webhook": found,
        "page": page,
        "secret": shown_once.get(str(pk)),
        "now": timezone.now(),
    }
    return render(request, "alerts/webhook.html", facts)


def webhook_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = selectors.webhook_by_id(pk)
    form = WebhookForm(request.POST or None, initial={"name": found.name, "url": found.url})

    def change() -> bool:
        services.change_webhook(webhook=found, **form.cleaned_data)
        return True

    if fulfilled(form, change):
        messages.success(request, _("Saved."))
        return redirect("webhook", pk=pk)
    facts = {
        "form": form,
        "title": _("Change webhook"),
        "back": reverse("webhook", args=[pk]),
        "remove": reverse("webhook-remove", args=[pk]),
        "remove_title": _("Remove %s?") % found,
        "remove_text": _("It is sent nothing any more; what it was sent is forgotten."),
    }
    return render(request, FORM_PAGE, facts)


def webhook_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = selectors.webhook_by_id(pk)
    stays = reverse("webhook", args=[pk])
    return removal(request, found.delete, of=found, stays=stays, goes=reverse("alert-rules"))


def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    services.owe_test(webhook=selectors.webhook_by_id(pk), now=timezone.now())
    messages.success(request, _("A test is on its way."))
    return redirect("webhook", pk=pk)


def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = selectors.webhook_by_id(pk)
    return _shown_once(request, found, services.renew_secret(webhook=found))


def webhook_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On or off (`on` says which)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = selectors.webhook_by_id(pk)
    if request.POST.get("on") == "1":
        services.switch_on(webhook=found)
        messages.success(request, _("It is sent alerts that open from now on."))
    else:
        services.switch_off(webhook=found, reason=_("Switched off by staff."))
        messages.success(request, _("It is sent nothing any more."))
    return redirect("webhook", pk=pk)


def _shown_once(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    request.session[SECRET_ONCE] = {str(webhook.pk): secret}
    return redirect("webhook", pk=webhook.pk)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
