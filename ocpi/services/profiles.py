"""What partners ask of a session's charging profile (2.2.1 §14): given to its station, and the
result owed to them.

As with commands, a request that is accepted, the request to the station and the debt are one
transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from booking.models import ChargingSession
from cpms.kernel.errors import DomainError
from energy import services as energy
from energy.domain.profiles import ChargingProfile
from energy.errors import ProfilesNotSupported
from ocpi.enums import ProfileKind, ProfileResponse, ProfileResult
from ocpi.models import PartnerCommand
from ocpi.selectors import session_of
from ocpi.services.commands import Order, timeout
from stations.models import StationCommand

MOST_IN_A_WHILE = 6  # requests about one session; each costs the station's data volume
WHILE = timedelta(minutes=1)

Give = Callable[[ChargingSession], StationCommand | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """Our answer. `timeout`: when its result, if any, is owed no longer."""

    result: ProfileResponse
    timeout: timedelta


def set_profile(
    *, order: Order, session_id: str, profile: ChargingProfile, now: datetime
) -> Answer:
    """Let one of the partner's own sessions charge no faster than this."""

    def give(session: ChargingSession) -> StationCommand:
        return energy.limit_session(session=session, profile=profile, now=now, origin=order.origin)

    return _carried_out(order, ProfileKind.SET_PROFILE, session_id, give, now)


def clear_profile(*, order: Order, session_id: str, now: datetime) -> Answer:
    """Take the profile of one of the partner's own sessions away."""

    def give(session: ChargingSession) -> StationCommand | None:
        return energy.release_session(session=session, now=now, origin=order.origin)

    return _carried_out(order, ProfileKind.CLEAR_PROFILE, session_id, give, now)


def ask_active_profile(
    *, order: Order, session_id: str, duration: timedelta, now: datetime
) -> Answer:
    """What the station of one of the partner's own sessions plans."""

    def give(session: ChargingSession) -> StationCommand:
        return energy.ask_plan(session=session, duration=duration, now=now, origin=order.origin)

    return _carried_out(order, ProfileKind.ACTIVE_PROFILE, session_id, give, now)


def _carried_out(
    order: Order, kind: ProfileKind, session_id: str, give: Give, now: datetime
) -> Answer:
    session = session_of(order.partner, session_id)
    if session is None:
        return Answer(ProfileResponse.UNKNOWN_SESSION, timeout())
    try:
        result = _given(order, kind, session, give, now)
    except ProfilesNotSupported:
        result = ProfileResponse.NOT_SUPPORTED
    except DomainError:
        result = ProfileResponse.REJECTED
    return Answer(result, timeout())


@transaction.atomic
def _given(
    order: Order, kind: ProfileKind, session: ChargingSession, give: Give, now: datetime
) -> ProfileResponse:
    """One decision at a time for each session."""
    ChargingSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    lately = PartnerCommand.objects.filter(session=session, created_at__gt=now - WHILE)
    if lately.count() >= MOST_IN_A_WHILE:
        return ProfileResponse.TOO_OFTEN
    asked = give(session)
    location = session.evse.location
    PartnerCommand.objects.create(
        partner=order.partner,
        for_country_code=order.sender[0],
        for_party_id=order.sender[1],
        kind=kind,
        response_url=order.response_url,
        sender_country_code=location.country_code,
        sender_party_id=location.party_id,
        correlation_id=order.correlation_id,
        station_command=asked,
        session=session,
        result="" if asked else ProfileResult.UNKNOWN,
        created_at=now,
        answer_by=now + timeout(),
        due_at=now,
    )
    return ProfileResponse.ACCEPTED
