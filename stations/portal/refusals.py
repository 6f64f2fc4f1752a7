"""Connections that were not let in, for people who look for the reason."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stations import selectors
from stations.models import ChargingStation

PER_PAGE = 50
REASONS = {
    400: _("It offers no version of OCPP that we serve (ocpp1.6)."),
    401: _("Wrong key, or a user name that is not its identity."),
    404: _("There is no station of this identity."),
}


def refusal_list(request: HttpRequest) -> HttpResponse:
    found = selectors.refusals()
    if text := request.GET.get("q", "").replace("\0", "").strip():
        found = found.filter(identity__icontains=text) | found.filter(remote_address=text)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    names = {refusal.identity for refusal in page}
    known = ChargingStation.objects.filter(identity__in=names).values_list("identity", flat=True)
    facts = {
        "page": page,
        "rows": [(refusal, REASONS.get(refusal.status, "")) for refusal in page],
        "known": set(known),
        "q": text,
        "now": timezone.now(),
    }
    return render(request, "stations/refusals.html", facts)
