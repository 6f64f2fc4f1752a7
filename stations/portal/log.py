"""The OCPP message log: each request with its answer, newest first."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from stations import selectors
from stations.domain.exchange import gist, outcome_word
from stations.enums import Direction
from stations.models import ChargingStation, OcppMessage
from stations.schemas import REQUESTS

PER_PAGE = 50
READ_AT_ONCE = 500  # of which repeated ones become one line
REPEATING = frozenset({"MeterValues", "Heartbeat"})
ACTIONS = sorted(
    REQUESTS
    | {
        "Authorize", "BootNotification", "DiagnosticsStatusNotification",
        "FirmwareStatusNotification", "Heartbeat", "LogStatusNotification", "MeterValues",
        "SecurityEventNotification", "SignCertificate", "SignedFirmwareStatusNotification",
        "StartTransaction", "StatusNotification", "StopTransaction",
    }
)  # fmt: skip
FIELDS = ("station", "direction", "action", "errors", "from", "until", "repeats", "before")
SHOWN_OF_A_FAULT = 30
MOST_DIGITS = 18  # of a bigint
MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)
LAST_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange, ready to read; `count` such followed each other, of `stations` stations."""

    message: OcppMessage
    identity: str
    ms: int | None
    gist: str
    outcome: str
    request: str
    answer: str
    count: int = 1
    stations: int = 1
    since: datetime | None = None
    key: str = ""  # of the line, as long as others only join it
    each: str = ""  # the address that shows each of them


def message_log(request: HttpRequest) -> HttpResponse:
    """What is newest comes by itself; an older page stays as it is."""
    facts = log_facts(request.GET)
    chosen = facts["chosen"]
    live = "" if "before" in chosen else urlencode({"view": "messages", **chosen})
    choices = {"directions": Direction.choices, "actions": ACTIONS, "live": live}
    return render(request, "stations/messages.html", {**facts, **choices})


def messages_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = log_facts(params)
    return {"live-messages": render_to_string("stations/_messages.html", facts)}


def log_facts(params: Mapping[str, str]) -> dict[str, Any]:
    """A page of the messages that the query string asks for."""
    chosen = {
        name: text
        for name in FIELDS
        if (text := str(params.get(name, "")).replace("\0", "").strip())
    }
    found, faults = filtered(chosen)
    groups, older = paged(found, joined=chosen.get("repeats") != "all")
    return {
        "lines": lines_of(groups, chosen),
        "older": _address(chosen, before=mark_of(older)) if older else None,
        "faults": faults,
        "chosen": chosen,
        "now": timezone.now(),
    }


def _address(chosen: Mapping[str, str], **changes: str) -> str:
    """The address of a page of the log that asks for something else too."""
    kept = {name: text for name, text in chosen.items() if name != "before"}
    return "?" + urlencode({**kept, **changes})


def filtered(chosen: Mapping[str, str]) -> tuple[QuerySet[OcppMessage], list[str]]:
    """The messages that the query string asks for, and what in it makes no sense."""
    found, faults = selectors.messages().filter(_plain(chosen)), []
    if identity := chosen.get("station"):
        station = ChargingStation.objects.filter(identity__iexact=identity).first()
        if station is None:
            faults.append(_("There is no station “%s”.") % identity[:SHOWN_OF_A_FAULT])
        found = found.filter(station_id=station.pk if station else -1)
    for name, part_of in PARTS_OF_TIME.items():
        if text := chosen.get(name):
            part = part_of(text)
            if part is None:
                faults.append(_("“%s” is not a time.") % text[:SHOWN_OF_A_FAULT])
            found = found if part is None else found.filter(part)
    return found, faults


def _plain(chosen: Mapping[str, str]) -> Q:
    """What can be asked for without fault."""
    asked = Q()
    if chosen.get("direction") in Direction.values:
        asked &= Q(direction=chosen["direction"])
    if action := chosen.get("action"):
        asked &= Q(action__iexact=action)
    return asked & ~Q(error_code="") if chosen.get("errors") else asked


def mark_of(row: OcppMessage) -> str:
    return f"{row.at.isoformat()}~{row.id}"


def _since(text: str) -> Q | None:
    at = _instant(text)
    return None if at is None else Q(at__gte=at)


def _until(text: str) -> Q | None:
    """A time of day without seconds means that whole minute."""
    at = _instant(text)
    span = MINUTE if len(text) == len("2026-10-14T19:45") else MOMENT
    return None if at is None else Q(at__lt=min(at, LAST_TIME - span) + span)


def _older_than(mark: str) -> Q | None:
    text, _tilde, number = mark.partition("~")
    at = _instant(text)
    if at is None or not number.isdecimal() or len(number) > MOST_DIGITS:
        return None
    return Q(at__lt=at) | Q(at=at, id__lt=int(number))


PARTS_OF_TIME = {"from": _since, "until": _until, "before": _older_than}


def _instant(text: str) -> datetime | None:
    try:
        instant = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return instant if instant is None or instant.tzinfo else timezone.make_aware(instant, UTC)


def paged(
    found: QuerySet[OcppMessage], *, joined: bool
) -> tuple[list[list[OcppMessage]], OcppMessage | None]:
    """The page's exchanges, `joined`: those that repeat each other together; and the last of
    them, if older ones follow."""
    rows = list(found[: (READ_AT_ONCE if joined else PER_PAGE) + 1])
    groups = joined_repeats(rows) if joined else [[row] for row in rows]
    if len(groups) > PER_PAGE:
        return groups[:PER_PAGE], groups[PER_PAGE - 1][-1]
    return groups, rows[-1] if len(rows) > READ_AT_ONCE else None


def joined_repeats(rows: Iterable[OcppMessage]) -> list[list[OcppMessage]]:
    """Meter values and heartbeats that follow each other, as one group each."""

    def sameness(row: OcppMessage) -> tuple[Any, ...]:
        if row.action in REPEATING and not row.error_code:
            return row.action, row.direction
        return row.at, row.id

    return [list(group) for _same, group in groupby(rows, key=sameness)]


def lines_of(groups: list[list[OcppMessage]], chosen: Mapping[str, str]) -> list[Line]:
    stations = {row.station_id for group in groups for row in group}
    known = ChargingStation.objects.filter(pk__in=stations)
    names = dict(known.values_list("pk", "identity"))
    return [_line(group, names, chosen) for group in groups]


def _line(group: list[OcppMessage], names: Mapping[int, str], chosen: Mapping[str, str]) -> Line:
    newest, oldest = group[0], group[-1]
    request, answer = _loaded(newest.request), _loaded(newest.answer or "")
    each = {"repeats": "all", "action": newest.action, "until": newest.at.isoformat()}
    return Line(
        message=newest,
        identity=names.get(newest.station_id, ""),
        ms=_latency(newest),
        gist=gist(request),
        outcome=outcome_word(answer),
        request=pretty(newest.request),
        answer=pretty(newest.answer or ""),
        count=len(group),
        stations=len({row.station_id for row in group}),
        since=oldest.at,
        key=f"m{oldest.id}",
        each=_address(chosen, **each),
    )


def _latency(row: OcppMessage) -> int | None:
    if row.answered_at is None:
        return None
    return round((row.answered_at - row.at).total_seconds() * 1000)


def _loaded(text: str) -> Any:
    """What the text says, or None where it is no JSON, or none that a page could bear: half a
    character (a lone surrogate) has no bytes."""
    try:
        loaded = json.loads(text)
        json.dumps(loaded, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return loaded


def pretty(text: str) -> str:
    """JSON on several lines; anything else as it came."""
    loaded = _loaded(text)
    return text if loaded is None else json.dumps(loaded, indent=2, ensure_ascii=False)
