"""The internal status of a location, live, and its energy sources report."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cpms.kernel.zones import zone_of
from cpms.languages import told
from energy import selectors
from energy.domain.energy_report import Report
from energy.domain.flows import QUARTER
from energy.errors import InvalidPeriod
from energy.rendering import FORMATS, download, rows_of
from stations.models import Location
from stations.selectors import location_by_id

MONTHS_BACK = 12


def internal_status(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    facts = _status_facts(ocpi_id, timezone.now())
    live = urlencode({"view": "internal-status", "location": ocpi_id})
    return render(request, "energy/status.html", {**facts, "live": live})


def status_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = _status_facts(params.get("location", ""), datetime.now(UTC))
    return {"live-energy": render_to_string("energy/_status.html", facts)}


def _status_facts(ocpi_id: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownLocation."""
    location = location_by_id(ocpi_id)
    status = selectors.internal_status(location, now)
    return {"location": location, "status": status, "flows": status.flows, "now": now}


def energy_report(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    """The page, or with `format` the file."""
    location, now = location_by_id(ocpi_id), timezone.now()
    months = _months(now.astimezone(zone_of(location.time_zone)).date())
    wanted = request.GET.get("month") or months[0]
    try:
        report = selectors.energy_report(location, wanted, now)
    except InvalidPeriod as fault:
        facts = {"location": location, "months": months, "wanted": wanted, "fault": told(fault)}
        return render(request, "energy/report.html", facts, status=400)
    if request.GET.get("format") in FORMATS:
        return download(request.GET["format"], location, report)
    facts = {
        "location": location,
        "report": report,
        "rows": rows_of(report),
        "months": months if wanted in months else [wanted, *months],
        "wanted": wanted,
        "chart": json.dumps(_chart(location, report)),
        "formats": list(FORMATS),
    }
    return render(request, "energy/report.html", facts)


def _months(today: date) -> list[str]:
    """The last months, the newest first, and what is longer."""
    count = today.year * 12 + today.month - 1
    names = [f"{one // 12}-{one % 12 + 1:02}" for one in range(count, count - MONTHS_BACK, -1)]
    quarter = (today.month - 1) // 3 + 1
    return [*names, f"{today.year}-Q{quarter}", str(today.year), str(today.year - 1)]


def _chart(location: Location, report: Report) -> dict[str, Any]:
    """KWh to vehicles on each day, by source."""
    zone = zone_of(location.time_zone)
    days: dict[str, list[float]] = {}
    for place, mix in enumerate(report.course):
        day = (report.begins + place * QUARTER).astimezone(zone).date().isoformat()
        sums = days.setdefault(day, [0.0] * len(report.lines))
        for column, kwh in enumerate(report.kwh_by_line(mix)):
            sums[column] += kwh
    return {
        "days": list(days),
        "sources": [
            {"name": line.source, "kwh": [round(sums[column], 1) for sums in days.values()]}
            for column, line in enumerate(report.lines)
        ],
        "unit": "kWh",
        "empty": _("Nothing was charged here in this time."),
    }
