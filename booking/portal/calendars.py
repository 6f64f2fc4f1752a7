"""Which reservations a page's address asks for, and a location's day as a calendar."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from booking import selectors
from booking.domain.timeline import Cell, day_in, hours_of, laid_out
from booking.enums import OPEN_RESERVATION, ReservationStatus
from booking.models import Reservation
from booking.portal.filters import Wanted, zone_of
from cpms.kernel.windows import TimeWindow
from stations.models import Evse, Location
from stations.selectors import evses_of

PER_PAGE = 50
MOST_ROWS = 60  # of a calendar
FIELDS = ("status", "location", "station", "id_token", "day", "page")
EVERYTHING = "all"
LOOKUPS = {"station": "evse__station__identity__iexact", "id_token": "id_token__iexact"}
KEPT = Q(status__in=OPEN_RESERVATION) | Q(status=ReservationStatus.FULFILLED)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    evse: Evse
    cells: list[Cell[Reservation]]


def list_facts(params: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The reservations asked for: what is to come, unless others are asked for; and the calendar
    of the location, where one is named."""
    texts = {name: str(params.get(name, "")).replace("\0", "").strip() for name in FIELDS}
    asked = Wanted({name: text for name, text in texts.items() if text})
    page_number = asked.query.pop("page", "1")
    location = _location(asked)
    day = _day(asked, now)
    found = _found(asked, location, day, now)
    page = Paginator(found, PER_PAGE).get_page(page_number)
    facts = {
        "asked": asked,
        "now": now,
        "location": location,
        "page": page,
        "previous": _page(asked, page.number - 1) if page.has_previous() else None,
        "next": _page(asked, page.number + 1) if page.has_next() else None,
    }
    if location is None:
        return facts
    shown = day or now.astimezone(zone_of(asked.zone)).date()
    return {**facts, "calendar": _calendar(location, shown, asked, now)}


def _found(
    asked: Wanted, location: Location | None, day: date | None, now: datetime
) -> QuerySet[Reservation]:
    query, found = asked.query, selectors.reservations()
    if "location" in query:
        found = found.filter(evse__location=location)
    for name in LOOKUPS.keys() & query.keys():
        found = found.filter(**{LOOKUPS[name]: query[name]})
    if day is not None:
        found = _in(found, day_in(zone_of(asked.zone), day))
    return _of_status(found, asked, None if day else now)


def _of_status(
    found: QuerySet[Reservation], asked: Wanted, now: datetime | None
) -> QuerySet[Reservation]:
    """`now`: where no status is asked for, only what is to come."""
    wanted = asked.query.get("status", "")
    if wanted in ReservationStatus.values:
        return found.filter(status=wanted)
    if wanted == EVERYTHING:
        return found
    if wanted:
        asked.fault(_("There is no status “%s”."), asked.query.pop("status"))
    if now is not None:
        found = found.filter(KEPT, ends_at__gt=now, released_at=None)
    return found.order_by("starts_at", "pk")


def _location(asked: Wanted) -> Location | None:
    """The location; its days count from here on."""
    if "location" not in asked.query:
        return None
    found = Location.objects.filter(ocpi_id=asked.query["location"]).first()
    if found is None:
        asked.fault(_("There is no location “%s”."), asked.query["location"])
    else:
        asked.zone = found.time_zone
    return found


def _day(asked: Wanted, now: datetime) -> date | None:
    text = asked.query.get("day", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        day_in(UTC, day - ONE_DAY)
        day_in(UTC, day + ONE_DAY)
    except (ValueError, OverflowError):
        asked.fault(_("“%s” is not a date like 2026-10-14."), asked.query.pop("day"))
        return None
    return day


def _in(found: QuerySet[Reservation], window: TimeWindow) -> QuerySet[Reservation]:
    return found.filter(starts_at__lt=window.ends_at, ends_at__gt=window.starts_at)


def _calendar(location: Location, day: date, asked: Wanted, now: datetime) -> dict[str, Any]:
    """A row for each EVSE; what was cancelled or not used keeps nobody out, so it is not there."""
    zone = zone_of(asked.zone)
    window = day_in(zone, day)
    evses = list(evses_of(location)[: MOST_ROWS + 1])
    kept = _in(Reservation.objects.filter(KEPT, evse__in=evses), window).order_by("starts_at")
    by_evse: dict[int, list[tuple[TimeWindow, Reservation]]] = defaultdict(list)
    for one in kept:
        ends_at = min(one.ends_at, one.released_at or one.ends_at)
        if ends_at > max(one.starts_at, window.starts_at):
            by_evse[one.evse_id].append((TimeWindow(one.starts_at, ends_at), one))
    return {
        "day": day,
        "hours": hours_of(window, zone),
        "this_hour": now.astimezone(zone).replace(minute=0, second=0, microsecond=0),
        "rows": [
            CalendarRow(evse, laid_out(window, by_evse[evse.pk])) for evse in evses[:MOST_ROWS]
        ],
        "is_longer": len(evses) > MOST_ROWS,
        "before": _address(asked, day - ONE_DAY),
        "after": _address(asked, day + ONE_DAY),
    }


def _page(asked: Wanted, number: int) -> str:
    return "?" + urlencode({**asked.query, "page": number})


def _address(asked: Wanted, day: date) -> str:
    return "?" + urlencode({**asked.query, "day": day.isoformat()})
