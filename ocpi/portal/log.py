"""The log of OCPI messages: each request with its answer, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from ocpi import selectors
from ocpi.domain.exchanges import MODULES
from ocpi.enums import Direction
from ocpi.models import OcpiMessage, Partner
from stations.portal.log import PARTS_OF_TIME, SHOWN_OF_A_FAULT, pretty

PER_PAGE = 50
FIELDS = ("partner", "direction", "module", "errors", "from", "until", "before")
STRANGERS = "unknown"
MOST_DIGITS = 18  # of a bigint


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange, ready to read."""

    message: OcpiMessage
    partner: str
    request: str
    answer: str


def message_log(request: HttpRequest) -> HttpResponse:
    chosen = {
        name: text
        for name in FIELDS
        if (text := str(request.GET.get(name, "")).replace("\0", "").strip())
    }
    found, faults = filtered(chosen)
    rows = list(found[: PER_PAGE + 1])
    older = rows[PER_PAGE - 1] if len(rows) > PER_PAGE else None
    partners = dict(Partner.objects.order_by("name").values_list("pk", "name"))
    facts = {
        "lines": [_line(row, partners) for row in rows[:PER_PAGE]],
        "older": older and f"{older.at.isoformat()}~{older.id}",
        "faults": faults,
        "chosen": chosen,
        "partners": [(str(pk), name) for pk, name in partners.items()],
        "directions": Direction.choices,
        "modules": MODULES,
        "now": timezone.now(),
    }
    return render(request, "ocpi/messages.html", facts)


def filtered(chosen: Mapping[str, str]) -> tuple[QuerySet[OcpiMessage], list[str]]:
    """The messages that the query string asks for, and what in it makes no sense."""
    asked, faults = Q(), []
    if partner := chosen.get("partner"):
        asked &= _of_partner(partner)
    if chosen.get("direction") in Direction.values:
        asked &= Q(direction=chosen["direction"])
    if module := chosen.get("module"):
        asked &= Q(module=module)
    if chosen.get("errors"):
        asked &= Q(is_fault=True)
    for name, part_of in PARTS_OF_TIME.items():
        if text := chosen.get(name):
            part = part_of(text)
            if part is None:
                faults.append(_("“%s” is not a time.") % text[:SHOWN_OF_A_FAULT])
            else:
                asked &= part
    return selectors.messages().filter(asked), faults


def _of_partner(text: str) -> Q:
    if text == STRANGERS:
        return Q(partner_id=None)
    is_number = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return Q(partner_id=int(text) if is_number else -1)


def _line(row: OcpiMessage, partners: Mapping[int, Any]) -> Line:
    if row.partner_id is None:
        name = _("unknown")
    else:
        name = partners.get(row.partner_id) or _("removed partner")
    return Line(row, name, pretty(row.request), pretty(row.answer))
