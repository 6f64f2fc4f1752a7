"""The local authorization list of a station: kept, sent anew, or looked at."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from booking import services
from cpms.kernel.errors import DomainError
from cpms.languages import told
from stations.selectors import station_by_identity


def local_list(request: HttpRequest, identity: str) -> HttpResponse:
    """`list`: keep, leave, or send."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    assert isinstance(request.user, User)
    station = station_by_identity(identity)
    wanted, now = request.POST.get("list", ""), timezone.now()
    try:
        if wanted == "send":
            services.send_whole_list(station=station, now=now, issued_by=request.user)
        else:
            services.manage_list(
                station=station, is_managed=wanted == "keep", now=now, issued_by=request.user
            )
    except DomainError as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, _("Saved. The station is told as soon as it is connected."))
    return redirect("station", identity=identity)
