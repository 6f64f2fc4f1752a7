"""Sessions: the list, one of them, and both as CSV."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from booking import selectors, services
from booking.enums import SessionStatus
from booking.models import ChargingSession
from booking.portal.fragments import session_by_id, session_facts
from cpms.kernel.errors import DomainError
from stations.selectors import locations

PER_PAGE = 50
MOST_ROWS = 100_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def session_list(request: HttpRequest) -> HttpResponseBase:
    found, faults = filtered(request)
    if request.GET.get("format") == "csv":
        return csv_answer("sessions.csv", session_rows(found[:MOST_ROWS].iterator(2000)))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "faults": faults,
        "statuses": SessionStatus.choices,
        "locations": locations(),
        "chosen": request.GET,
        "now": timezone.now(),
    }
    return render(request, "booking/sessions.html", facts)


def filtered(request: HttpRequest) -> tuple[QuerySet[ChargingSession], list[str]]:
    """Sessions as the query string says, and what in it makes no sense."""
    found, faults = selectors.sessions(), []
    query = {name: str(text).replace("\0", "").strip() for name, text in request.GET.items()}
    if query.get("status") in SessionStatus.values:
        found = found.filter(status=query["status"])
    if location := query.get("location"):
        found = found.filter(evse__location__ocpi_id=location)
    if station := query.get("station"):
        found = found.filter(evse__station__identity__iexact=station)
    if id_token := query.get("id_token"):
        found = found.filter(id_token__iexact=id_token)
    for name, lookup, shift in (("from", "started_at__gte", 0), ("until", "started_at__lt", 1)):
        if text := query.get(name):
            try:
                found = found.filter(**{lookup: date.fromisoformat(text) + timedelta(days=shift)})
            except (ValueError, OverflowError):
                faults.append(_("“%s” is not a date like 2026-10-14.") % text[:20])
    return found, faults


def session_page(request: HttpRequest, session_id: str) -> HttpResponse:
    facts = session_facts(session_id, timezone.now())
    live = urlencode({"view": "session", "session": session_id})
    return render(request, "booking/session.html", {**facts, "live": live})


def session_csv(request: HttpRequest, session_id: str) -> HttpResponseBase:
    session = session_by_id(session_id)
    return csv_answer(f"session-{session.pk}.csv", sample_rows(session))


def session_stop(request: HttpRequest, session_id: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    assert isinstance(request.user, User)
    session = session_by_id(session_id)
    try:
        services.request_stop(session=session, now=timezone.now(), issued_by=request.user)
        messages.success(request, _("The station was asked to stop."))
    except DomainError as refusal:
        messages.error(request, refusal.text)
    return redirect("session", session_id=session_id)


def session_rows(found: Iterable[ChargingSession]) -> Iterator[list[Any]]:
    yield [
        "id", "status", "location", "evse_uid", "id_token", "start", "end", "kwh",
        "total_excl_vat", "currency", "flags",
    ]  # fmt: skip
    for session in found:
        yield [
            session.pk,
            session.status,
            session.evse.location.ocpi_id,
            session.evse.uid,
            session.id_token,
            session.started_at.isoformat(),
            session.ended_at.isoformat() if session.ended_at else "",
            f"{session.energy_wh / 1000:.3f}",
            session.total_cost if session.total_cost is not None else "",
            session.currency,
            " ".join(session.flags),
        ]


def sample_rows(session: ChargingSession) -> Iterator[list[Any]]:
    yield ["measured_at", "energy_wh", "power_w", "soc_percent"]
    for sample in selectors.meter_samples(session):
        yield [
            sample.measured_at.isoformat(), sample.energy_wh, sample.power_w, sample.soc_percent
        ]  # fmt: skip


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run is kept from being run."""
    text = str(value) if value is not None else ""
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


class _Echo:
    """csv wants a file; the answer is streamed line by line instead."""

    def write(self, line: str) -> str:
        return line


def csv_answer(name: str, rows: Iterator[list[Any]]) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())
    lines = (writer.writerow([harmless(value) for value in row]) for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        list(lines), content_type="text/csv; charset=utf-8", headers=headers
    )
