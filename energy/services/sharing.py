"""Sharing a location's power among the cars that charge there, live.

Whatever may change the shares (a limit, a car that comes or goes, what cars take) is found by
`share_due`, or comes as news; `share` weighs all cars of a location anew and tells stations what
changed: first who may take less, then, once the stations took that, who may take more. What
cannot be told, or does not do as it is told, is counted at what it takes.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction

from booking.enums import SessionStatus
from booking.models import ChargingSession
from cpms.kernel import events
from cpms.kernel.errors import DomainError
from energy import selectors
from energy.domain import sharing as rules
from energy.domain.profiles import Supply, from_json, grid_amperes, in_unit, limit_at
from energy.enums import RateUnit, Standing
from energy.events import PowerShared
from energy.models import PowerSharing, SessionShare
from energy.selectors.sharing import Draw
from energy.services.profiles import hold_to
from stations.enums import OPEN_COMMAND, CommandStatus
from stations.ports import Settled

PERIOD = timedelta(minutes=1)
SETTLES = timedelta(seconds=5)  # what a car needs to follow a new limit (IEC 61851-1)
REFUSED_FOR = timedelta(minutes=5)
TOLERANCE = 1.1  # of a meter, and of a car that rounds up
MOST_AT_ONCE = 200


@dataclass(slots=True)
class _Car:
    """A session with what it may still be taking, and whether it can be told."""

    session: ChargingSession
    share: SessionShare
    supply: Supply
    loads: dict[rules.Line, float]
    taken_a: int
    is_told: bool

    @property
    def granted_a(self) -> int:
        """What it has of us: nothing, when it has just come."""
        return 0 if self.share.offered_a is None else self.taken_a

    def claim(self, sharing: PowerSharing, now: datetime) -> rules.Claim:
        place = getattr(self.session.evse, "place", None)
        return rules.Claim(
            key=self.session.pk,
            loads=self.loads,
            most_a=_most_a(self.session, self.supply, now) if self.is_told else self.taken_a,
            priority=place.standing if place else Standing.USUAL,
            slack_s=_slack_s(self.session, self.supply, now),
            share_a=self.share.offered_a or 0,
            since_s=(now - self.share.changed_at).total_seconds(),
            appetite_a=self.share.appetite_a,
        )


def share_due(*, now: datetime) -> int:
    """Share wherever something changed; returns how many locations were looked at."""
    due = selectors.due_for_sharing(now).order_by("due_at").values_list("location", flat=True)
    places = list(due[:MOST_AT_ONCE])
    for location_id in places:
        share(location_id=location_id, now=now)
    return len(places)


@transaction.atomic
def share(*, location_id: int, now: datetime) -> int:
    """Weigh all cars of a location anew; returns how many stations were asked for something. One
    decision at a time for each location."""
    sharing = (
        PowerSharing.objects.select_for_update(of=("self",), no_key=True)
        .select_related("location")
        .filter(location=location_id, is_enabled=True)
        .first()
    )
    if sharing is None:
        return 0
    _forget_ended(location_id)
    cars = _cars(sharing, now)
    told = _tell(cars, sharing, now)
    sharing.shared_at = now
    sharing.due_at = selectors.next_change_at(sharing, now, now + PERIOD)
    sharing.save(update_fields=["shared_at", "due_at"])
    events.publish(PowerShared(location_id))
    return told


def _forget_ended(location_id: int) -> None:
    ended = SessionShare.objects.filter(session__evse__location=location_id)
    ended.exclude(session__status=SessionStatus.ACTIVE).delete()


def _cars(sharing: PowerSharing, now: datetime) -> list[_Car]:
    sessions = list(selectors.sharers(sharing.location_id))
    held = SessionShare.objects.filter(session__in=sessions).select_related("command")
    shares = {share.session_id: share for share in held}
    new = [one for one in sessions if one.pk not in shares]
    made = SessionShare.objects.bulk_create(
        [SessionShare(session=one, changed_at=one.started_at, told_at=now) for one in new]
    )
    shares |= {share.session_id: share for share in made}
    draws = selectors.draws_of(sessions, now)
    return [_car(one, shares[one.pk], draws.get(one.pk, []), sharing, now) for one in sessions]


def _car(
    session: ChargingSession,
    share: SessionShare,
    draws: Sequence[Draw],
    sharing: PowerSharing,
    now: datetime,
) -> _Car:
    supply = selectors.supply_of_session(session)
    if session.last_meter_at != share.measured_at:
        _measure(share, draws, session)
    return _Car(
        session=session,
        share=share,
        supply=supply,
        loads=selectors.loads_of(session, sharing.volts),
        taken_a=_taken_a(session, share, supply, draws, now),
        is_told=_is_told(session, share, now),
    )


def _measure(share: SessionShare, draws: Sequence[Draw], session: ChargingSession) -> None:
    """Note what the car took of its share since its station took it."""
    settled_at = share.told_at + SETTLES
    new = [
        one.amperes
        for one in draws
        if one.received_at > settled_at
        and (share.measured_at is None or one.measured_at > share.measured_at)
    ]
    share.measured_at = session.last_meter_at
    if new:
        share.drawn_a = [*share.drawn_a, *new][-rules.SAMPLES :]
        offered_a = share.offered_a
        if offered_a is not None:
            share.appetite_a = rules.appetite(share.appetite_a, offered_a, share.drawn_a)
            share.ignores = len(share.drawn_a) == rules.SAMPLES and all(
                drawn_a > offered_a * TOLERANCE + 1 for drawn_a in share.drawn_a
            )
    share.save(update_fields=["measured_at", "drawn_a", "appetite_a", "ignores"])


def _taken_a(
    session: ChargingSession,
    share: SessionShare,
    supply: Supply,
    draws: Sequence[Draw],
    now: datetime,
) -> int:
    """What it may be taking now, whatever it was told a moment ago."""
    latest = [one.amperes for one in draws[-rules.SAMPLES :]]
    if share.ignores:
        return ceil(max(share.drawn_a))
    if share.offered_a is None:
        return _untold_a(session, supply, latest)
    amperes = [share.offered_a]
    if share.command and share.command.status in OPEN_COMMAND and share.asked_a is not None:
        amperes.append(share.asked_a)
    if share.before_a is not None and now < share.told_at + SETTLES:
        amperes.append(share.before_a)
    return max(amperes)


def _untold_a(session: ChargingSession, supply: Supply, latest: Sequence[float]) -> int:
    """A car whose station has not taken a share yet has the station's default, or all."""
    default = getattr(session.evse.station, "default_profile", None)
    if default is not None and default.is_held:
        return min(int(default.asked_a), _outlet_a(supply))
    if len(latest) == rules.SAMPLES:
        return min(ceil(max(latest)) + rules.HEADROOM_A, _outlet_a(supply))
    return _outlet_a(supply)


def _outlet_a(supply: Supply) -> int:
    """What an EVSE can give, in amperes of the grid per phase."""
    by_power = int(grid_amperes(supply.max_w, supply))
    return by_power if supply.is_dc else min(supply.max_a, by_power)


def _is_told(session: ChargingSession, share: SessionShare, now: datetime) -> bool:
    """Whether it can be told, and does as it is told."""
    station = session.evse.station
    if station is None or not station.connection.is_connected or share.ignores:
        return False
    if share.refused_at is not None and now < share.refused_at + REFUSED_FOR:
        return False
    return selectors.takes_profiles(station) is not False


def _most_a(session: ChargingSession, supply: Supply, now: datetime) -> int:
    """What the EVSE gives, or less where an eMSP wants less now."""
    row = getattr(session, "charging_profile", None)
    most_a = _outlet_a(supply)
    if row is None or not row.wanted:
        return most_a
    wanted = in_unit(from_json(row.wanted), RateUnit.WATT, supply)
    watts = limit_at(wanted, now, session.started_at)
    return most_a if watts is None else min(most_a, int(grid_amperes(float(watts) + 1, supply)))


def _slack_s(session: ChargingSession, supply: Supply, now: datetime) -> float | None:
    wanted = getattr(session, "preferences", None)
    if wanted is None or wanted.departs_at is None:
        return None
    left_s = (wanted.departs_at - now).total_seconds()
    need_wh = wanted.energy_need_wh
    lacking_wh = None if need_wh is None else need_wh - session.energy_wh
    return rules.slack(left_s, lacking_wh, supply.max_w)


def _tell(cars: list[_Car], sharing: PowerSharing, now: datetime) -> int:
    """Decide, and send what may be sent now."""
    limits = selectors.limits_of(sharing, now)
    for car in cars:
        if not car.is_told:
            for line, load in car.loads.items():
                if line in limits:
                    limits[line] -= car.taken_a * load
    ready = [car for car in cars if car.is_told]
    claims = [_within(car.claim(sharing, now), limits) for car in ready]
    shares = rules.share(limits, claims)
    taken: dict[Hashable, int] = {car.session.pk: car.granted_a for car in ready}
    steps = rules.first_steps(limits, claims, taken, shares)
    return sum(_offer(car, steps.get(car.session.pk, car.granted_a), now) for car in ready)


def _within(claim: rules.Claim, limits: dict[rules.Line, float]) -> rules.Claim:
    """Only lines that have a limit count."""
    known = {line: load for line, load in claim.loads.items() if line in limits}
    return replace(claim, loads=known)


def _offer(car: _Car, share_a: int, now: datetime) -> bool:
    """Ask its station to hold to the share, unless it does already or is being asked."""
    share = car.share
    is_open = share.command is not None and share.command.status in OPEN_COMMAND
    if share_a == (share.asked_a if is_open else share.offered_a):
        return False
    if is_open and share_a > (share.asked_a or 0):
        return False  # one step at a time: the answer brings us back
    try:
        command = hold_to(session=car.session, share_a=share_a, now=now)
    except DomainError:
        return False  # it went away meanwhile; its station's default holds when it is back
    share.command, share.asked_a = command, share_a
    share.save(update_fields=["command", "asked_a"])
    return True


def note_share(command: Settled, now: datetime) -> None:
    """A station answered what its session may take: the shares are weighed again, since others
    may now have what it gave up."""
    mine = SessionShare.objects.filter(command=command.pk)
    where = PowerSharing.objects.filter(location__in=mine.values("session__evse__location"))
    sharing = where.select_for_update(no_key=True).first()  # as `share` does, before the shares
    share = mine.first()
    if share is None or share.asked_a is None:
        return
    if command.status == CommandStatus.ACCEPTED:
        _hold(share, share.asked_a, now)
    elif command.status == CommandStatus.REJECTED:
        share.refused_at = now
    share.asked_a = None
    share.save()
    if sharing is not None:
        is_less = (share.before_a or 0) > (share.offered_a or 0)
        sharing.due_at = min(sharing.due_at, now + SETTLES if is_less else now)
        sharing.save(update_fields=["due_at"])


def _hold(share: SessionShare, share_a: int, now: datetime) -> None:
    if share.offered_a is None or bool(share.offered_a) != bool(share_a):
        share.changed_at = now
    if share.offered_a != share_a:
        share.drawn_a = []
    share.before_a, share.offered_a = share.offered_a, share_a
    share.told_at, share.refused_at, share.ignores = now, None, False
