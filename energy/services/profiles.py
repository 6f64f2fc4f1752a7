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
    as_json,
    capped,
    from_json,
    in_unit,
    share_profile,
    steady,
    unlimited,
)
from energy.enums import RateUnit
from energy.errors import ProfilesNotSupported, ProfileTooLong
from energy.models import SessionProfile, SessionShare
from energy.ports import Abilities, ProfileLanguage, Request, Target, language_of
from energy.selectors import supply_at
from stations.enums import CommandStatus
from stations.errors import StationOffline
from stations.models import ChargingStation, Evse, StationCommand
from stations.services import issue_command

HORIZON = timedelta(minutes=30)  # of a plan that nobody asked a length of (5 to 60 min, §14.2.2.2)
LIMITS_CHANGE_BY = ("SetChargingProfile", "ClearChargingProfile")
WATCHING, SHARING = "charging profiles", "power sharing"
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Reached:
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

    def spoken(
        self, wanted: ChargingProfile | None, share_a: int | None, now: datetime
    ) -> ChargingProfile | None:
        """What is wanted, within the share, in a unit that the station knows. Raises
        ProfilesNotSupported."""
        if wanted is not None:
            wanted = self._translated(wanted)
        if share_a is None:
            return wanted
        share = self._translated(share_profile(share_a, self.supply))
        if wanted is None:
            return share
        if self.supply is not None:
            wanted = in_unit(wanted, share.unit, self.supply)
        most = share.steps[0].limit
        both = capped(wanted, most, now)
        if self.abilities.most_steps and len(both.steps) > self.abilities.most_steps:
            return steady(share.unit, min(one.limit for one in both.steps))
        return both

    def _translated(self, profile: ChargingProfile) -> ChargingProfile:
        unit = self.unit(profile.unit)
        if unit == profile.unit:
            return profile
        if self.supply is None:
            raise ProfilesNotSupported(reason="the connector of the EVSE is not known")
        return in_unit(profile, unit, self.supply)

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
    """Let a running session charge no faster than this, in place of what was said before; its
    share of the site's power still holds.

    Raises SessionNotActive, StationOffline, ProfilesNotSupported or ProfileTooLong.
    """
    reached = reach(session)
    most = reached.abilities.most_steps
    if most is not None and len(profile.steps) > most:
        raise ProfileTooLong(most=most)
    row, _ = SessionProfile.objects.get_or_create(session=session, defaults={"looked_at": now})
    row.wanted, row.is_watched = as_json(profile), True
    row.save(update_fields=["wanted", "is_watched"])
    return _say(row, reached, _share_of(session), now, origin)


@transaction.atomic
def release_session(
    *, session: ChargingSession, now: datetime, origin: str
) -> StationCommand | None:
    """Take a session's profile away, but for its share of the site's power; None: it never had
    one. Raises SessionNotActive, StationOffline or ProfilesNotSupported."""
    reached = reach(session)
    row = SessionProfile.objects.filter(session=session, is_watched=True).first()
    if row is None:
        return None
    row.wanted = None
    row.save(update_fields=["wanted"])
    return _say(row, reached, _share_of(session), now, origin)


@transaction.atomic
def hold_to(*, session: ChargingSession, share_a: int | None, now: datetime) -> StationCommand:
    """Let a running session take its share (amperes of the grid, per phase), or less where
    somebody wanted less; None: it shares no longer. Raises SessionNotActive, StationOffline or
    ProfilesNotSupported."""
    reached = reach(session)
    row, _ = SessionProfile.objects.get_or_create(
        session=session, defaults={"looked_at": now, "is_watched": False}
    )
    return _say(row, reached, share_a, now, SHARING)


def _share_of(session: ChargingSession) -> int | None:
    share = SessionShare.objects.filter(session=session).first()
    if share is None:
        return None
    return share.offered_a if share.asked_a is None else share.asked_a


def _say(
    row: SessionProfile, reached: Reached, share_a: int | None, now: datetime, origin: str
) -> StationCommand:
    """Send the one profile that says all: what was wanted, within the share."""
    wanted = from_json(row.wanted) if row.wanted else None
    profile = reached.spoken(wanted, share_a, now)
    language = reached.language
    request = (
        language.limit(reached.target(row.pk), profile) if profile else language.release(row.pk)
    )
    command = reached.ask(request, now, origin)
    SessionProfile.objects.filter(pk=row.pk).update(asked=command)
    return command


@transaction.atomic
def ask_plan(
    *, session: ChargingSession, duration: timedelta, now: datetime, origin: str
) -> StationCommand:
    """Ask what a session's station plans for it. Raises SessionNotActive, StationOffline or
    ProfilesNotSupported."""
    return _ask_plan(reach(session), session, duration, now, origin)


def _ask_plan(
    reached: Reached, session: ChargingSession, duration: timedelta, now: datetime, origin: str
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
    running = SessionProfile.objects.filter(session__status=SessionStatus.ACTIVE, is_watched=True)
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
        reached = reach(session)
    except DomainError:
        return False  # away: it is looked at when it is back
    row.look = _ask_plan(reached, session, HORIZON, now, WATCHING)
    row.looked_at = row.changed_at  # type: ignore[attr-defined]
    row.save(update_fields=["look", "looked_at"])
    return True


def _locked(rows: QuerySet[SessionProfile]) -> QuerySet[SessionProfile]:
    return rows.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk")


def reach(session: ChargingSession) -> Reached:
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
    return Reached(
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
