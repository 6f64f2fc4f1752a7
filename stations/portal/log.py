"""The OCPP message log: each request with its answer, newest first."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from stations import selectors
from stations.enums import Direction
from stations.models import ChargingStation, OcppMessage

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange, ready to read."""

    message: OcppMessage
    identity: str
    ms: int | None
    request: str
    answer: str


def message_log(request: HttpRequest) -> HttpResponse:
    found, faults = filtered(request)
    rows = list(found[: PER_PAGE + 1])
    facts = {
        "lines": lines_of(rows[:PER_PAGE]),
        "older": rows[PER_PAGE - 1].at.isoformat() if len(rows) > PER_PAGE else None,
        "faults": faults,
        "chosen": request.GET,
        "directions": Direction.choices,
        "now": timezone.now(),
    }
    return render(request, "stations/messages.html", facts)


def filtered(request: HttpRequest) -> tuple[QuerySet[OcppMessage], list[str]]:
    """The messages that the query string asks for, and what in it makes no sense."""
    found, faults = selectors.messages(), []
    query = {name: str(text).replace("\0", "").strip() for name, text in request.GET.items()}
    if identity := query.get("station"):
        station = ChargingStation.objects.filter(identity__iexact=identity).first()
        if station is None:
            faults.append(_("There is no station “%s”.") % identity[:48])
        found = found.filter(station_id=station.pk if station else -1)
    if query.get("direction") in Direction.values:
        found = found.filter(direction=query["direction"])
    if action := query.get("action"):
        found = found.filter(action__iexact=action)
    if query.get("errors"):
        found = found.exclude(error_code="")
    if text := query.get("before"):
        before = _instant(text)
        if before is None:
            faults.append(_("“%s” is not a time.") % text[:30])
        else:
            found = found.filter(at__lt=before)
    return found, faults


def _instant(text: str) -> datetime | None:
    try:
        instant = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return instant if instant is None or instant.tzinfo else timezone.make_aware(instant)


def lines_of(rows: list[OcppMessage]) -> list[Line]:
    names = dict(
        ChargingStation.objects.filter(pk__in={row.station_id for row in rows}).values_list(
            "pk", "identity"
        )
    )
    return [
        Line(
            message=row,
            identity=names.get(row.station_id, ""),
            ms=_latency(row),
            request=pretty(row.request),
            answer=pretty(row.answer or ""),
        )
        for row in rows
    ]


def _latency(row: OcppMessage) -> int | None:
    if row.answered_at is None:
        return None
    return round((row.answered_at - row.at).total_seconds() * 1000)


def pretty(text: str) -> str:
    """JSON on several lines; anything else as it came."""
    try:
        loaded: Any = json.loads(text)
        return json.dumps(loaded, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
