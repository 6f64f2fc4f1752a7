"""Charging profiles of running sessions: set, cleared, asked for, watched.

Each is one request to the session's station, in the words of its OCPP version (`energy.ports`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from booking.enums import SessionStatus
from booking.errors import SessionNotActive
from booking.models import ChargingSession, Transaction
from cpms.kernel.errors import DomainError
from energy.domain.profiles import (
    ActivePlan,
    ChargingProfile,
    Supply,
    in_unit,
    unlimited,
)
from energy.enums import RateUnit
from energy.errors import ProfilesNotSupported, ProfileTooLong
from energy.models import SessionProfile
from energy.ports import Abilities, ProfileLanguage, Request, Target, language_of
from energy.selectors import supply_at
from stations.enums import CommandStatus
from stations.errors import StationOffline
from stations.models import ChargingStation, Evse, StationCommand
from stations.services import issue_command

HORIZON = timedelta(minutes=30)  # of a plan that nobody asked a length of (5 to 60 min, §14.2.2.2)
LIMITS_CHANGE_BY = ("SetChargingProfile", "ClearChargingProfile")
WATCHING = "charging profiles"
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Reached:
    """A running session's station, and how to speak to it."""

    station: ChargingStation
    number: int
    reference: str
    language: ProfileLanguage
    abilities: Abilities
    supply: Supply | None

    def target(self, profile_id: int) -> Target:
        return Target(profile_id, self.number, self.reference)

    def unit(self, wanted: RateUnit) -> RateUnit:
        """The wanted one, unless the station knows only others."""
        units = self.abilities.units
        return wanted if units is None or wanted in units else min(units)

    def ask(self, request: Request, now: datetime, origin: str) -> StationCommand:
        return issue_command(
            station=self.station,
            action=request.action,
            payload=request.payload,
            now=now,
            origin=origin,
        )


@transaction.atomic
def limit_session(
    *, session: ChargingSession, profile: ChargingProfile, now: datetime, origin: str
) -> StationCommand:
    """Let a running session charge no faster than this, in place of what was said before.

    Raises SessionNotActive, StationOffline, ProfilesNotSupported or ProfileTooLong.
    """
    reached = _reach(session)
    most = reached.abilities.most_steps
    if most is not None and len(profile.steps) > most:
        raise ProfileTooLong(most=most)
    unit = reached.unit(profile.unit)
    if unit != profile.unit:
        if reached.supply is None:
            raise ProfilesNotSupported(reason="the connector of the EVSE is not known")
        profile = in_unit(profile, unit, reached.supply)
    row, _ = SessionProfile.objects.get_or_create(session=session, defaults={"looked_at": now})
    command = reached.ask(reached.language.limit(reached.target(row.pk), profile), now, origin)
    SessionProfile.objects.filter(pk=row.pk).update(asked=command)
    return command


@transaction.atomic
def release_session(
    *, session: ChargingSession, now: datetime, origin: str
) -> StationCommand | None:
    """Take a session's profile away; None: it never had one. Raises SessionNotActive,
    StationOffline or ProfilesNotSupported."""
    reached = _reach(session)
    row = SessionProfile.objects.filter(session=session).first()
    if row is None:
        return None
    command = reached.ask(reached.language.release(reached.target(row.pk)), now, origin)
    SessionProfile.objects.filter(pk=row.pk).update(asked=command)
    return command


@transaction.atomic
def ask_plan(
    *, session: ChargingSession, duration: timedelta, now: datetime, origin: str
) -> StationCommand:
    """Ask what a session's station plans for it. Raises SessionNotActive, StationOffline or
    ProfilesNotSupported."""
    return _ask_plan(_reach(session), session, duration, now, origin)


def _ask_plan(
    reached: _Reached, session: ChargingSession, duration: timedelta, now: datetime, origin: str
) -> StationCommand:
    wanted = reached.unit(RateUnit.WATT if _is_dc(reached.supply) else RateUnit.AMPERE)
    seconds = int(duration.total_seconds())
    return reached.ask(reached.language.ask(reached.target(0), seconds, wanted), now, origin)


def plan_in(command: StationCommand, session: ChargingSession) -> ActivePlan | None:
    """What an accepted request of `ask_plan` found: the maximum of the EVSE where the station
    has no limit. None: nothing that makes sense."""
    language = _language(command.station)
    said = language.composite_in(command.response or {}) if language else None
    if said is None or command.status != CommandStatus.ACCEPTED:
        return None
    profile = said.profile or _without_limit(command, session.evse)
    at = said.calculated_at or command.settled_at
    return ActivePlan(at, profile) if profile and at else None


def _without_limit(command: StationCommand, evse: Evse) -> ChargingProfile | None:
    supply = supply_at(evse)
    unit = RateUnit.WATT if _is_dc(supply) else RateUnit.AMPERE
    duration_s = int(command.payload["duration"])
    return unlimited(unit, supply, duration_s) if supply else None


@transaction.atomic
def watch_profiles(*, now: datetime) -> int:
    """Look again at what stations plan for sessions with a profile, once limits changed, whoever
    changed them. Returns how many looks were begun or ended."""
    running = SessionProfile.objects.filter(session__status=SessionStatus.ACTIVE)
    return _end_looks(running) + _begin_looks(running, now)


def _end_looks(running: QuerySet[SessionProfile]) -> int:
    """A station that does not say is not asked again before its limits change once more."""
    looked = list(
        _locked(running.filter(look__settled_at__isnull=False)).select_related("look")[
            :MOST_AT_ONCE
        ]
    )
    for row in looked:
        if row.look and row.look.status == CommandStatus.ACCEPTED:
            row.seen = row.look
        row.look = None
        row.save(update_fields=["seen", "look"])
    return len(looked)


def _begin_looks(running: QuerySet[SessionProfile], now: datetime) -> int:
    taken = StationCommand.objects.filter(
        station=OuterRef("session__evse__station"),
        action__in=LIMITS_CHANGE_BY,
        status=CommandStatus.ACCEPTED,
        settled_at__gt=OuterRef("looked_at"),
    ).order_by("-settled_at")
    due = running.filter(look=None).annotate(changed_at=Subquery(taken.values("settled_at")[:1]))
    rows = list(_locked(due.exclude(changed_at=None))[:MOST_AT_ONCE])
    return sum(_begin_look(row, now) for row in rows)


def _begin_look(row: SessionProfile, now: datetime) -> bool:
    session = row.session
    try:
        reached = _reach(session)
    except DomainError:
        return False  # away: it is looked at when it is back
    row.look = _ask_plan(reached, session, HORIZON, now, WATCHING)
    row.looked_at = row.changed_at  # type: ignore[attr-defined]
    row.save(update_fields=["look", "looked_at"])
    return True


def _locked(rows: QuerySet[SessionProfile]) -> QuerySet[SessionProfile]:
    return rows.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk")


def _reach(session: ChargingSession) -> _Reached:
    """Raises SessionNotActive, StationOffline or ProfilesNotSupported."""
    running = (
        Transaction.objects.filter(session=session, session__status=SessionStatus.ACTIVE)
        .select_related("station__connection", "session__evse")
        .order_by("-created_at")
        .first()
    )
    if running is None:
        raise SessionNotActive(session_id=str(session.pk))
    station = running.station
    if not station.connection.is_connected:
        raise StationOffline(evse_uid=session.evse.uid)
    language = _language(station)
    if language is None:
        raise ProfilesNotSupported(subprotocol=station.connection.subprotocol)
    abilities = language.abilities(station.configuration)
    if abilities.takes_profiles is False:
        raise ProfilesNotSupported(identity=station.identity)
    return _Reached(
        station,
        running.evse_number,
        running.reference,
        language,
        abilities,
        supply_at(running.session.evse),
    )


def _language(station: ChargingStation) -> ProfileLanguage | None:
    return language_of(station.connection.subprotocol)


def _is_dc(supply: Supply | None) -> bool:
    return supply is not None and supply.is_dc
