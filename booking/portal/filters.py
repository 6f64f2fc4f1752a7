"""Which sessions a page's address asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from booking import selectors
from booking.enums import SessionStatus
from booking.models import ChargingSession
from stations.models import Location

ONE_DAY = timedelta(days=1)
FIELDS = ("status", "location", "station", "id_token", "from", "until", "flagged")
LOOKUPS = {"station": "evse__station__identity__iexact", "id_token": "id_token__iexact"}
SHOWN_OF_A_FAULT = 30


@dataclass(slots=True)
class Wanted:
    """What a query string asks for: `faults` say what in it makes no sense, and was left out."""

    query: dict[str, str]
    zone: str = "UTC"
    faults: list[str] = field(default_factory=list)

    def fault(self, words: str, text: str) -> None:
        self.faults.append(words % text[:SHOWN_OF_A_FAULT])


def wanted(params: Mapping[str, str]) -> Wanted:
    texts = {name: str(params.get(name, "")).replace("\0", "").strip() for name in FIELDS}
    return Wanted({name: text for name, text in texts.items() if text})


def sessions_of(asked: Wanted) -> QuerySet[ChargingSession]:
    """The sessions asked for, newest first; fills in the zone and the faults."""
    query, found = asked.query, selectors.sessions()
    if "status" in query:
        if query["status"] in SessionStatus.values:
            found = found.filter(status=query["status"])
        else:
            asked.fault(_("There is no status “%s”."), query.pop("status"))
    if "location" in query:
        found = found.filter(evse__location=_location(asked))
    for name in LOOKUPS.keys() & query.keys():
        found = found.filter(**{LOOKUPS[name]: query[name]})
    if "flagged" in query:
        found = found.exclude(flags=[])
    if since := _midnight(asked, "from"):
        found = found.filter(started_at__gte=since)
    if until := _midnight(asked, "until", ONE_DAY):
        found = found.filter(started_at__lt=until)
    return found


def _location(asked: Wanted) -> int:
    """The location's key (0 when there is none); its days count from here on."""
    location = Location.objects.filter(ocpi_id=asked.query["location"]).first()
    if location is None:
        asked.fault(_("There is no location “%s”."), asked.query["location"])
        return 0
    asked.zone = location.time_zone
    return location.pk


def _midnight(asked: Wanted, name: str, shift: timedelta = timedelta()) -> datetime | None:
    text = asked.query.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + shift
        return datetime.combine(day, time(), zone_of(asked.zone))
    except (ValueError, OverflowError):
        asked.fault(_("“%s” is not a date like 2026-10-14."), asked.query.pop(name))
        return None


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def older_than(found: QuerySet[ChargingSession], mark: str) -> QuerySet[ChargingSession] | None:
    """What follows the session that the mark names; None for what is no mark."""
    started_at, _tilde, pk = mark.partition("~")
    try:
        at, key = datetime.fromisoformat(started_at), UUID(pk)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return found.filter(Q(started_at__lt=at) | Q(pk__lt=key), started_at__lte=at)


def mark_of(session: ChargingSession) -> str:
    return f"{session.started_at.isoformat()}~{session.pk}"
