"""A station began to charge a car: from a StartTransaction to a session.

Idempotent by content, not by message id: a retry bears a new id (OCPP 1.6 §4.2). Whatever a
station says it did is stored, for it did it: a token that may not charge is answered so, and
the session is flagged.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from booking.domain.facts import Authorization, TransactionStart, TransactionStop
from booking.domain.plausibility import CLOCK_AHEAD, LONGEST_SESSION, trusted_time
from booking.enums import AuthMethod, Flag, SessionStatus
from booking.events import SessionStarted
from booking.models import ChargingSession, StartRequest, Token, Transaction, UnmatchedStop
from booking.services.arrivals import Reception, fulfil, kept_at, receive
from booking.services.authorization import (
    Standing,
    as_received,
    find_token,
    rulings_of,
    standing_of,
    vouched,
)
from booking.services.ending import close_missed_stop, end_session
from booking.services.occasions import occasion_at
from cpms.kernel import events
from stations.errors import UnknownEvse
from stations.models import Evse
from tariffs.domain.choice import Occasion, Offer
from tariffs.selectors import versions_for

LARGEST_REFERENCE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Started:
    """The answer to a StartTransaction: the transaction's id and what the token is worth;
    `is_open`: its issuer should be asked first."""

    reference: int
    authorization: Authorization
    session_id: UUID
    is_open: bool = False


@transaction.atomic
def start_one(fact: TransactionStart, now: datetime) -> Started:
    """Store that a station began a transaction; the same fact again gets the same answer.

    Raises UnknownEvse when the station has no EVSE of that number.
    """
    evse = _locked_evse(fact)
    known = (
        Transaction.objects.select_related("session")
        .filter(
            station_id=fact.station_id,
            evse_number=fact.evse_number,
            id_token=fact.id_token,
            started_at=fact.started_at,
            meter_start_wh=fact.meter_start_wh,
        )
        .first()
    )
    request = (
        StartRequest.objects.filter(session=known.session_id).first()
        if known
        else _awaited_request(evse, fact.id_token, now)
    )
    token, standing = _standing(evse, fact, request, now)
    if known is not None:
        return started_with(known, as_received(standing, known.session.flags))
    running = ChargingSession.objects.filter(evse=evse, status=SessionStatus.ACTIVE).first()
    if running is not None:
        close_missed_stop(session=running, ended_at=fact.started_at, now=now)
    session = _begin(evse, token, fact, standing, request, now)
    started = Transaction.objects.create(
        station_id=fact.station_id,
        reference=str(secrets.randbelow(LARGEST_REFERENCE) + 1),
        session=session,
        evse_number=fact.evse_number,
        id_token=fact.id_token,
        started_at=fact.started_at,
        meter_start_wh=fact.meter_start_wh,
        created_at=now,
    )
    events.publish(SessionStarted(session.pk, evse.pk, evse.location_id))
    _apply_earlier_stop(session, started, now)
    return started_with(started, as_received(standing, session.flags))


def _begin(
    evse: Evse,
    token: Token | None,
    fact: TransactionStart,
    standing: Standing,
    request: StartRequest | None,
    now: datetime,
) -> ChargingSession:
    """The session, stored: one that was asked for bears the request, one where the EVSE is kept
    for the driver is what the reservation was for."""
    (offer,) = versions_for([occasion_of(fact, evse, token, now)])
    session = new_session(evse, token, fact, standing, offer, now=now, request=request)
    id_token = request.token.uid if request and request.token else fact.id_token
    reception = _reception(evse, fact, id_token, standing, min(session.started_at, now))
    if reception.is_barred:
        session.flags = [*session.flags, str(Flag.RESERVED_FOR_ANOTHER)]
    if reception.reservation is None:
        session.save(force_insert=True)
    else:
        is_named = fact.reservation_id == reception.reservation.pk
        fulfil(reception.reservation, session, now, is_named=is_named)
    if request is not None:
        StartRequest.objects.filter(pk=request.pk).update(session=session)
    return session


def _reception(
    evse: Evse, fact: TransactionStart, id_token: str, standing: Standing, at: datetime
) -> Reception:
    """Whom the EVSE is kept for; a token that may not charge uses nothing up."""
    if not standing.authorization.is_accepted and not standing.is_open:
        return Reception()
    return receive(
        kept_at(evse, at, fact.reservation_id),
        id_token=id_token,
        group_id=standing.authorization.parent_id_token,
        reservation_id=fact.reservation_id,
    )


def started_with(transaction: Transaction, standing: Standing) -> Started:
    """The answer to a start that is stored."""
    reference, session_id = int(transaction.reference), transaction.session_id
    return Started(reference, standing.authorization, session_id, standing.is_open)


def _standing(
    evse: Evse, fact: TransactionStart, request: StartRequest | None, now: datetime
) -> tuple[Token | None, Standing]:
    """Whose token it is and what it is worth; one that an eMSP vouched for in its command is
    not checked."""
    if request is not None and request.token is not None:
        return request.token, vouched(request.token, request.authorization_reference)
    token = find_token(fact.id_token)
    rulings = rulings_of([token], [fact.station_id])
    ruling = rulings.get((fact.station_id, token.pk if token else 0))
    return token, standing_of(token, ruling, [evse.uid], now)


def _locked_evse(fact: TransactionStart) -> Evse:
    """One decision at a time for each EVSE."""
    evse = (
        Evse.objects.select_for_update(of=("self",), no_key=True)
        .select_related("location")
        .filter(station_id=fact.station_id, number=fact.evse_number)
        .first()
    )
    if evse is None:
        raise UnknownEvse(number=fact.evse_number)
    return evse


def occasion_of(fact: TransactionStart, evse: Evse, token: Token | None, now: datetime) -> Occasion:
    """What its price is chosen by: the tariff is the one that held when the session started."""
    started_at, _ = trusted_time(fact.started_at, now)
    return occasion_at(evse, token, started_at)


def new_session(  # noqa: PLR0913 -- all that makes a session
    evse: Evse,
    token: Token | None,
    fact: TransactionStart,
    standing: Standing,
    offer: Offer | None,
    *,
    now: datetime,
    request: StartRequest | None = None,
) -> ChargingSession:
    """The session that a start makes, not stored yet; `offer` prices it."""
    started_at, flags = trusted_time(fact.started_at, now)
    if not standing.authorization.is_accepted:
        flags = [*flags, Flag.NOT_AUTHORIZED]
    return ChargingSession(
        evse=evse,
        token=token,
        id_token=fact.id_token,
        auth_method=AuthMethod.COMMAND if request else standing.auth_method,
        authorization_reference=(request or standing).authorization_reference,
        started_at=started_at,
        meter_start_wh=fact.meter_start_wh,
        tariff_version_id=offer.version_id if offer else None,
        currency=offer.currency if offer else "",
        flags=[str(flag) for flag in flags],
        created_at=now,
        last_updated=now,
    )


def _awaited_request(evse: Evse, id_token: str, now: datetime) -> StartRequest | None:
    """Somebody asked to start here with this token: the session is theirs."""
    return (
        StartRequest.objects.awaited()
        .filter(evse=evse, id_token__iexact=id_token, expires_at__gt=now)
        .select_related("token")
        .order_by("-created_at")
        .first()
    )


def _apply_earlier_stop(session: ChargingSession, started: Transaction, now: datetime) -> None:
    """A stop that came before its start (a replayed queue, transactionId -1) ends it now. One
    from a clock that was wrong might lie after every start: it ends none."""
    stop = (
        UnmatchedStop.objects.select_for_update()
        .filter(
            Q(id_token="") | Q(id_token__iexact=started.id_token),
            station_id=started.station_id,
            session=None,
            stopped_at__range=(started.started_at, started.started_at + LONGEST_SESSION),
            stopped_at__lte=F("received_at") + CLOCK_AHEAD,
            meter_stop_wh__gte=started.meter_start_wh,
        )
        .order_by("stopped_at")
        .first()
    )
    if stop is None:
        return
    fact = TransactionStop(
        station_id=stop.station_id,
        reference=started.reference,
        stopped_at=stop.stopped_at,
        meter_stop_wh=stop.meter_stop_wh,
        id_token=stop.id_token,
        reason=stop.reason,
    )
    UnmatchedStop.objects.filter(pk=stop.pk).update(session=session)
    end_session(session=session, fact=fact, now=now, flags=[Flag.STOP_BEFORE_START])
    Transaction.objects.filter(pk=started.pk).update(stopped_at=stop.stopped_at)
