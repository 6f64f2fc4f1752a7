"""What is the matter now, kind by kind. Each kind is one question to the database, whatever
the size of the network; what is the matter with many things at once is many problems."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Coalesce

from alerts.enums import Kind, Severity
from booking.enums import Flag, SessionStatus
from booking.models import ChargingSession
from dso.enums import Alarm
from dso.models import Dso, PriceFeed
from energy.enums import OutOfPlan
from energy.models import Battery
from energy.selectors import stale_lists
from ocpi.enums import PartnerState
from ocpi.models import OwedPush
from stations.enums import Availability, CommandStatus, EvseStatus
from stations.models import ChargingStation, Evse, StationCommand

SETTLES = timedelta(seconds=30)  # stations report faults that are over at once
QUIET = timedelta(minutes=30)  # a running session whose meter says nothing
QUIET_FROM_THE_START = timedelta(hours=2)  # some stations send no meter values before the end
FLAGGED_FOR = timedelta(days=3)
FAILED_FOR = timedelta(days=1)
BEHIND = timedelta(minutes=10)
FAILED = (CommandStatus.FAILED, CommandStatus.TIMED_OUT, CommandStatus.REJECTED)
NO_ERROR = ("", "NoError")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is the matter with one object. `since`: None where nobody noted it."""

    subject: str
    severity: Severity
    location_id: int | None = None
    since: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def offline_stations(now: datetime) -> Iterator[Problem]:
    """They were here once, and went away too long ago. Not those taken out of service."""
    limit = now - settings.ALERTS.offline_after
    gone = ChargingStation.objects.select_related("connection").filter(
        availability=Availability.OPERATIVE,
        connection__connected_at__isnull=False,
        connection__disconnected_at__lte=limit,
    )
    for station in gone:
        since = station.connection.disconnected_at
        facts = {"station": station.identity}
        yield Problem(station.identity, Severity.CRITICAL, station.location_id, since, facts)


def faulty_stations(now: datetime) -> Iterator[Problem]:
    """The station as a whole reports an error (connector 0 of OCPP 1.6)."""
    reporting = ChargingStation.objects.filter(availability=Availability.OPERATIVE)
    for station in reporting.exclude(station_error_code__in=NO_ERROR):
        facts = {"station": station.identity, "error": station.station_error_code}
        yield Problem(station.identity, Severity.WARNING, station.location_id, None, facts)


def faulty_evses(now: datetime) -> Iterator[Problem]:
    """As the station said last, also while it is away. Not those taken out of service."""
    faulted = Evse.objects.filter(
        removed_at=None,
        status=EvseStatus.FAULTED,
        availability=Availability.OPERATIVE,
        status_at__lte=now - SETTLES,
    )
    for evse in faulted.select_related("station"):
        facts = {
            "evse": evse.uid,
            "station": evse.station.identity if evse.station else "",
            "error": evse.error_code,
            "info": evse.error_info,
            "vendor_error": evse.vendor_error_code,
        }
        yield Problem(evse.uid, Severity.CRITICAL, evse.location_id, evse.status_at, facts)


def stalled_sessions(now: datetime) -> Iterator[Problem]:
    """They run at a connected station, and their meter says nothing."""
    quiet = Q(last_meter_at__lte=now - QUIET) | Q(
        last_meter_at=None, started_at__lte=now - QUIET_FROM_THE_START
    )
    running = ChargingSession.objects.filter(
        quiet, status=SessionStatus.ACTIVE, evse__station__connection__disconnected_at=None
    ).annotate(heard_at=Coalesce("last_meter_at", "started_at"))
    for session in running.select_related("evse"):
        yield Problem(
            str(session.pk),
            Severity.WARNING,
            session.evse.location_id,
            session.heard_at,
            {"session": str(session.pk), "evse": session.evse.uid},
        )


def flagged_sessions(now: datetime) -> Iterator[Problem]:
    """Of the last days: what looks wrong may be billed wrong."""
    flagged = ChargingSession.objects.filter(last_updated__gte=now - FLAGGED_FOR, flags__len__gt=0)
    for session in flagged.select_related("evse"):
        facts = {
            "session": str(session.pk),
            "evse": session.evse.uid,
            "flags": sorted(set(session.flags) & set(Flag.values)),
        }
        since = session.ended_at or session.started_at
        yield Problem(str(session.pk), Severity.NOTICE, session.evse.location_id, since, facts)


def failed_commands(now: datetime) -> Iterator[Problem]:
    """What somebody asked of a station within a day, and no later one of the kind did."""
    later = StationCommand.objects.filter(
        station=OuterRef("station"),
        action=OuterRef("action"),
        created_at__gt=OuterRef("created_at"),
    )
    failed = StationCommand.objects.filter(
        ~Exists(later), issued_by__isnull=False, status__in=FAILED, created_at__gt=now - FAILED_FOR
    )
    for command in failed.select_related("station"):
        facts = {
            "station": command.station.identity,
            "action": command.action,
            "status": command.status,
            "error": (command.error or {}).get("description", ""),
        }
        yield Problem(
            f"{command.station.identity} {command.action}"[:120],
            Severity.NOTICE,
            command.station.location_id,
            command.settled_at,
            facts,
        )


def refused_pushes(now: datetime) -> Iterator[Problem]:
    """A partner does not take what it must pay for."""
    refused = OwedPush.objects.exclude(refused="").order_by()
    names = refused.values_list("partner_id", "partner__name")
    for pk, name, count in names.annotate(count=Count("pk")):
        facts = {"partner": pk, "name": name, "count": count}
        yield Problem(str(pk), Severity.CRITICAL, facts=facts)


def partners_behind(now: datetime) -> Iterator[Problem]:
    """What is due to a connected partner is owed for too long."""
    due = OwedPush.objects.filter(
        partner__state=PartnerState.CONNECTED, due_at__isnull=False, owed_since__lte=now - BEHIND
    ).order_by()
    rows = due.values_list("partner_id", "partner__name", "partner__last_error")
    for pk, name, error, since in rows.annotate(since=Min("owed_since")):
        facts = {"partner": pk, "name": name, "error": error}
        yield Problem(str(pk), Severity.WARNING, since=since, facts=facts)


def alarming_dsos(now: datetime) -> Iterator[Problem]:
    for dso in Dso.objects.exclude(alarm=""):
        severity = Severity.CRITICAL if dso.alarm == Alarm.AWAY else Severity.WARNING
        facts = {"dso": dso.pk, "name": dso.name, "alarm": dso.alarm, "error": dso.last_error}
        yield Problem(str(dso.pk), severity, since=dso.alarm_since, facts=facts)


def stale_prices(now: datetime) -> Iterator[Problem]:
    for feed in PriceFeed.objects.filter(is_stale=True).select_related("price_list"):
        facts = {"name": feed.price_list.name, "error": feed.last_error}
        yield Problem(str(feed.pk), Severity.WARNING, since=feed.until, facts=facts)
    for one in stale_lists(now).filter(feed=None):  # filled by files, REST or hand
        facts = {"name": one.name, "error": ""}
        yield Problem(f"list {one.pk}", Severity.WARNING, facts=facts)


def batteries_out_of_plan(now: datetime) -> Iterator[Problem]:
    """Not those that staff switched off."""
    out = Battery.objects.filter(is_enabled=True).exclude(
        out_of_plan__in=("", OutOfPlan.SWITCHED_OFF)
    )
    for battery in out:
        facts = {
            "battery": battery.pk,
            "name": battery.name,
            "reason": battery.out_of_plan,
            "note": battery.out_of_plan_note,
        }
        yield Problem(
            str(battery.pk), Severity.WARNING, battery.location_id, battery.read_at, facts
        )


FINDERS: dict[Kind, Callable[[datetime], Iterator[Problem]]] = {
    Kind.STATION_OFFLINE: offline_stations,
    Kind.STATION_FAULT: faulty_stations,
    Kind.EVSE_FAULT: faulty_evses,
    Kind.SESSION_STALLED: stalled_sessions,
    Kind.SESSION_FLAGGED: flagged_sessions,
    Kind.COMMAND_FAILED: failed_commands,
    Kind.PUSH_REFUSED: refused_pushes,
    Kind.PARTNER_BEHIND: partners_behind,
    Kind.DSO_ALARM: alarming_dsos,
    Kind.PRICES_STALE: stale_prices,
    Kind.BATTERY_OUT: batteries_out_of_plan,
}
