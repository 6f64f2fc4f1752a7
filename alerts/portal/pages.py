"""What needs a person: the list, worst and newest first, and the page of one alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from alerts import selectors, services
from alerts.enums import Kind, Severity
from alerts.models import Alert
from alerts.portal.forms import TakeOnForm
from alerts.words import SHOWN, Said, said
from cpms.kernel.errors import DomainError
from cpms.languages import told
from stations.domain.shown import Shown
from stations.portal.wishes import fulfilled

PER_PAGE = 50
FILTERS = ("state", "kind", "page")
COUNT = "live-alert-count"


@dataclass(frozen=True, slots=True)
class Line:
    """An alert as the list shows it."""

    alert: Alert
    said: Said
    severity: Shown


def line_of(alert: Alert) -> Line:
    return Line(alert, said(alert), SHOWN[Severity(alert.severity)])


def alert_list(request: HttpRequest) -> HttpResponse:
    params = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    facts = list_facts(params, timezone.now())
    live = urlencode({"view": "alerts", **params})
    return render(request, "alerts/alerts.html", {**facts, "live": live})


def list_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = list_facts(params, datetime.now(UTC))
    facts |= {"can_operate": has_role(user, Role.OPERATOR)}
    return {
        "live-alerts": render_to_string("alerts/_alerts.html", facts),
        COUNT: render_to_string("alerts/_count.html", {"count": facts["count"]}),
    }


def list_facts(params: Mapping[str, str], now: datetime) -> dict[str, Any]:
    state, kind = params.get("state", ""), params.get("kind", "")
    counts = selectors.count_by_kind(now)
    found = _alerts(state, now)
    if kind in Kind.values:
        found = found.filter(kind=kind)
    page = Paginator(found, PER_PAGE).get_page(params.get("page"))
    return {
        "now": now,
        "state": state,
        "kind": kind,
        "kinds": [(kind.value, kind.label, counts.get(kind.value, 0)) for kind in Kind],
        "count": sum(counts.values()),
        "page": page,
        "lines": [line_of(alert) for alert in page],
    }


def _alerts(state: str, now: datetime) -> QuerySet[Alert]:
    if state == "taken":
        return selectors.taken_on(now)
    if state == "closed":
        return selectors.closed()
    return selectors.waiting(now)


def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert; a POST takes it on."""
    found = selectors.alert_by_id(pk)
    now = timezone.now()
    form = TakeOnForm(request.POST or None, initial={"note": found.note})
    taken = fulfilled(form, lambda: _take_on(request, pk, form, now))
    if taken:
        messages.success(request, _("It waits for nobody else any more."))
        return redirect("alerts")
    return render(request, "alerts/alert.html", {"line": line_of(found), "form": form, "now": now})


def _take_on(request: HttpRequest, pk: int, form: TakeOnForm, now: datetime) -> Alert:
    assert isinstance(request.user, User)
    note, until = form.cleaned_data["note"], form.until(now)
    return services.take_on(alert_id=pk, user=request.user, now=now, note=note, until=until)


def back(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        services.hand_back(alert_id=pk)
    except DomainError as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, _("It waits for a person again."))
    return redirect("alert", pk=pk)
