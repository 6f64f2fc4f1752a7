"""Sessions: the list, one of them, and both as CSV."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from booking import services
from booking.enums import SessionStatus
from booking.portal.export import samples_csv, sessions_csv
from booking.portal.filters import sessions_of, wanted
from booking.portal.fragments import list_facts, session_by_id, session_facts
from cpms.kernel.errors import DomainError
from cpms.languages import told
from stations.selectors import locations


def session_list(request: HttpRequest) -> HttpResponseBase:
    params = request.GET.dict()
    is_file = params.get("format") == "csv"
    if is_file:
        asked = wanted(params)
        found = sessions_of(asked)
        if not asked.faults:
            return sessions_csv(found)
    facts = {
        **list_facts(params, timezone.now()),
        "statuses": SessionStatus.choices,
        "locations": locations(),
    }
    if "before" not in params:  # what is past stays as it is
        facts["live"] = urlencode({"view": "sessions", **facts["asked"].query})
    status = HTTPStatus.BAD_REQUEST if is_file else HTTPStatus.OK  # the page names the faults
    return render(request, "booking/sessions.html", facts, status=status)


def session_page(request: HttpRequest, session_id: str) -> HttpResponse:
    facts = session_facts(session_id, timezone.now(), request.GET.dict())
    values = {"values": "all"} if facts["shows_all"] else {}
    live = urlencode({"view": "session", "session": session_id, **values})
    return render(request, "booking/session.html", {**facts, "live": live})


def session_csv(request: HttpRequest, session_id: str) -> HttpResponseBase:
    return samples_csv(session_by_id(session_id))


def session_stop(request: HttpRequest, session_id: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    assert isinstance(request.user, User)
    session = session_by_id(session_id)
    try:
        command = services.request_stop(session=session, now=timezone.now(), issued_by=request.user)
    except DomainError as refusal:
        messages.error(request, told(refusal))
    else:
        if command.error:
            messages.error(request, command.error["description"])
        else:
            messages.success(request, _("The station was asked to stop."))
    return redirect("session", session_id=session_id)
