"""Reservations as people, programs and eMSPs ask for them.

`reserve` an EVSE or `reserve_any` EVSE with a connector at a location, from now on (a hold) or
for a later window (a booking); `change_reservation` moves its window, `cancel_reservation` ends
it. What becomes of it afterwards: `holding` (it takes effect), `hold_answers` (its station
speaks), `arrivals` (the car comes), `reservation_upkeep` (nobody comes), `unused` (what that
costs). No two reservations can share a moment of an EVSE: the database refuses the second.
"""

from collections.abc import Collection
from datetime import UTC, datetime

import psycopg
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from accounts.models import User
from booking.domain.reserving import Holder, Plan, Terms
from booking.enums import (
    OPEN_RESERVATION,
    CanceledBy,
    ReservationStatus,
    SessionStatus,
)
from booking.errors import (
    EvseAlreadyBooked,
    EvseOccupied,
    EvseOutOfService,
    NoEvseFree,
    ReservationExists,
    ReservationSettled,
    TokenNotAuthorized,
)
from booking.models import ChargingSession, Reservation, Token
from booking.services.authorization import decide, find_token
from booking.services.holding import (
    FREE,
    is_broken,
    is_kept_for_another,
    is_occupied,
    let_go,
    locked,
    save,
    settle,
    take_hold,
)
from booking.services.unused import close_charged, close_free
from cpms.kernel.windows import TimeWindow
from stations.enums import Availability, EvseStatus
from stations.errors import UnknownEvse, UnknownStation
from stations.models import Connector, Evse, Location

OVERLAP = "reservation_no_overlap"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def terms() -> Terms:
    """What is offered at present; a reservation keeps the terms it was made on."""
    return Terms(
        hold_before=settings.BOOKING.hold_before,
        cancel_before=settings.BOOKING.cancel_before,
        no_show_after=settings.BOOKING.no_show_after,
        longest=settings.BOOKING.longest,
        ahead=settings.BOOKING.ahead,
    )


@transaction.atomic
def reserve(
    *,
    evse: Evse,
    holder: Holder,
    window: TimeWindow,
    now: datetime,
    issued_by: User | None = None,
) -> Reservation:
    """Reserve this EVSE. A window that starts now is held at once.

    Raises EvseAlreadyBooked, EvseOccupied, EvseOutOfService, TokenNotAuthorized,
    ReservationExists, UnknownStation (no station of ours drives it), UnknownEvse, BookingInPast,
    BookingTooLong or BookingTooFarAhead.
    """
    plan = terms().plan(window, now)
    found = next(iter(locked_evses(Evse.objects.filter(pk=evse.pk, removed_at=None))), None)
    if found is None:
        raise UnknownEvse(evse_uid=evse.uid)
    if found.station is None:
        raise UnknownStation(evse_uid=found.uid)
    _require_usable(found, plan.window, now)
    reservation = _new(found, holder, plan, now, issued_by)
    return _store(reservation, now)


@transaction.atomic
def reserve_any(  # noqa: PLR0913 -- what is wanted, by keyword
    *,
    location: Location,
    connector_standard: str,
    holder: Holder,
    window: TimeWindow,
    now: datetime,
    issued_by: User | None = None,
    among: Collection[Evse] | None = None,
) -> Reservation:
    """Reserve an EVSE of this location (`among` these, if any are named) with a connector of
    OCPI's ConnectorType. Of those that are free the one whose last reservation before ends
    latest: long gaps stay whole.

    Raises NoEvseFree and what `reserve` raises of token, reference and window.
    """
    plan = terms().plan(window, now)
    alike = _evses_with(location, connector_standard)
    if among is not None:
        alike = alike.filter(pk__in=[evse.pk for evse in among])
    candidates = locked_evses(alike)
    release_ended(Q(evse__in=candidates), now)
    at_once = plan.window.starts_at == now
    chosen = next(iter(best_first(candidates, plan.window, now, at_once=at_once)), None)
    if chosen is None:
        raise NoEvseFree(location_id=location.ocpi_id, connector_standard=connector_standard)
    reservation = _new(chosen, holder, plan, now, issued_by)
    reservation.connector_standard = connector_standard
    return _store(reservation, now)


@transaction.atomic
def change_reservation(
    *,
    reservation: Reservation,
    window: TimeWindow,
    now: datetime,
    evse: Evse | None = None,
    holder: Holder | None = None,
) -> Reservation:
    """Give an open reservation another window; another EVSE, which the caller has locked, as
    long as it is not held; another holder, whom who asks vouches for. Raises
    ReservationSettled, EvseAlreadyBooked, EvseOccupied, EvseOutOfService and what the terms
    refuse."""
    current = _open(reservation)
    plan = terms().plan(window, now, runs=window.starts_at == current.starts_at < now)
    if evse is not None and evse != current.evse:
        if current.is_held:
            raise EvseAlreadyBooked(evse_uid=evse.uid)
        current.evse = evse
    if holder is not None:
        let_go(current, now)
        _keep_for(current, holder, _token_of(holder))
    if not current.is_held:
        _require_usable(current.evse, plan.window, now)
    elif plan.hold_at > now:
        let_go(current, now)
    _agree(current, plan)
    ChargingSession.objects.filter(reservation=current).update(
        started_at=current.starts_at,
        token=current.token,
        id_token=current.id_token,
        authorization_reference=current.authorization_reference,
        last_updated=now,
    )
    return _store(current, now)


@transaction.atomic
def cancel_reservation(
    *,
    reservation: Reservation,
    by: CanceledBy,
    now: datetime,
    reason: str = "",
) -> Reservation:
    """End an open reservation. A driver who cancels later than agreed pays for the time that
    the EVSE was reserved. Raises ReservationSettled."""
    current = _open(reservation)
    is_promised = current.status == ReservationStatus.RESERVED
    is_charged = by == CanceledBy.EMSP and now > current.cancel_until and is_promised
    let_go(current, now)
    current.canceled_by, current.cancel_reason = by, reason
    settle(current, ReservationStatus.CANCELED, now)
    if is_charged:
        close_charged(current, now, now)
    else:
        close_free(current, now)
    return current


def release_ended(which: Q, now: datetime) -> int:
    """Free what is left of windows whose car has gone."""
    ended = Reservation.objects.filter(
        which, status=ReservationStatus.FULFILLED, released_at=None
    ).exclude(ends_at__gt=now, sessions__status=SessionStatus.ACTIVE)
    return Reservation.objects.filter(pk__in=list(ended.values_list("pk", flat=True))).update(
        released_at=now, last_updated=now
    )


def locked_evses(evses: QuerySet[Evse], *, skip_locked: bool = False) -> list[Evse]:
    """Lock EVSEs, in order: one decision at a time for each."""
    return list(
        evses.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
        .select_related("location", "station__connection")
        .order_by("pk")
    )


def _open(reservation: Reservation) -> Reservation:
    """The reservation, locked. Raises ReservationSettled."""
    current = locked(reservation.pk)
    if not current.is_open:
        raise ReservationSettled(id=current.pk, status=current.status)
    return current


def _require_usable(evse: Evse, window: TimeWindow, now: datetime) -> None:
    """Raises EvseOutOfService, or EvseOccupied for a hold where a car stands."""
    if not _is_in_service(evse, window):
        raise EvseOutOfService(evse_uid=evse.uid)
    if window.starts_at > now:
        return
    if is_broken(evse):
        raise EvseOutOfService(evse_uid=evse.uid)
    if is_occupied(evse):
        raise EvseOccupied(evse_uid=evse.uid)


def _is_in_service(evse: Evse, window: TimeWindow) -> bool:
    back_at = evse.available_again_at
    is_back = back_at is not None and back_at <= window.starts_at
    return evse.availability == Availability.OPERATIVE or is_back


def _evses_with(location: Location, connector_standard: str) -> QuerySet[Evse]:
    """EVSEs of a location that stations of ours drive, with such a connector."""
    connectors = Connector.objects.filter(evse=OuterRef("pk"), standard=connector_standard)
    return Evse.objects.filter(
        Exists(connectors), location=location, station__isnull=False, removed_at=None
    )


def best_first(
    candidates: list[Evse], window: TimeWindow, now: datetime, *, at_once: bool
) -> list[Evse]:
    """Those of the (locked) EVSEs that can be reserved; `at_once`: where nobody is."""
    unreleased = Reservation.objects.filter(evse__in=candidates, released_at=None)
    overlapping = unreleased.filter(starts_at__lt=window.ends_at, ends_at__gt=window.starts_at)
    taken = set(overlapping.values_list("evse_id", flat=True))
    if at_once:
        kept = unreleased.filter(hold_at__lte=now, status__in=OPEN_RESERVATION)
        active = ChargingSession.objects.filter(evse__in=candidates, status=SessionStatus.ACTIVE)
        taken |= set(kept.values_list("evse_id", flat=True))
        taken |= set(active.values_list("evse_id", flat=True))
        taken |= {evse.pk for evse in candidates if evse.status not in FREE}
    usable = [evse for evse in candidates if evse.pk not in taken and _is_in_service(evse, window)]
    before = unreleased.filter(ends_at__lte=window.starts_at).order_by()
    last = dict(before.values_list("evse_id").annotate(end=Max(F("ends_at"))))
    return sorted(usable, key=lambda evse: last.get(evse.pk, LONG_AGO), reverse=True)


def another_evse(reservation: Reservation, now: datetime) -> Evse | None:
    """Where any EVSE with such a connector was asked for: one, locked, that can take the place
    of a reservation's own. One that somebody else decides about at present is passed over."""
    if not reservation.connector_standard:
        return None
    others = (
        _evses_with(reservation.evse.location, reservation.connector_standard)
        .filter(
            status=EvseStatus.AVAILABLE,
            station__connection__connected_at__isnull=False,
            station__connection__disconnected_at=None,
        )
        .exclude(pk=reservation.evse_id)
    )
    window = TimeWindow(reservation.starts_at, reservation.ends_at)
    candidates = locked_evses(others, skip_locked=True)
    return next(iter(best_first(candidates, window, now, at_once=True)), None)


def _new(
    evse: Evse, holder: Holder, plan: Plan, now: datetime, issued_by: User | None
) -> Reservation:
    """Not stored yet. Raises TokenNotAuthorized."""
    token = _token_of(holder)
    if not holder.is_vouched_for and not decide(token, now).is_accepted:
        raise TokenNotAuthorized(id_token=holder.id_token)
    reservation = Reservation(evse=evse, issued_by=issued_by, created_at=now)
    _keep_for(reservation, holder, token)
    _agree(reservation, plan)
    return reservation


def _keep_for(reservation: Reservation, holder: Holder, token: Token | None) -> None:
    reservation.token = token
    reservation.id_token = token.uid if token else holder.id_token
    reservation.other_id_tokens = list(holder.other_id_tokens)
    reservation.group_id = holder.group_id or (token.group_id if token else "")
    reservation.country_code = holder.country_code or (token.country_code if token else "")
    reservation.party_id = holder.party_id or (token.party_id if token else "")
    reservation.reference = holder.reference
    reservation.authorization_reference = holder.authorization_reference


def _token_of(holder: Holder) -> Token | None:
    """The stored token; of the party that vouches for it, if one does."""
    if not holder.party_id:
        return find_token(holder.id_token)
    return Token.objects.filter(
        country_code__iexact=holder.country_code,
        party_id__iexact=holder.party_id,
        uid__iexact=holder.id_token,
    ).first()


def _agree(reservation: Reservation, plan: Plan) -> None:
    reservation.starts_at, reservation.ends_at = plan.window.starts_at, plan.window.ends_at
    reservation.hold_at, reservation.keep_until = plan.hold_at, plan.keep_until
    reservation.cancel_until = plan.cancel_until


def _store(reservation: Reservation, now: datetime) -> Reservation:
    """Raises EvseAlreadyBooked or ReservationExists: the database says which."""
    release_ended(Q(evse=reservation.evse_id) & ~Q(pk=reservation.pk), now)
    try:
        with transaction.atomic():
            save(reservation, now)
    except IntegrityError as refusal:
        if constraint_of(refusal) == OVERLAP:
            raise EvseAlreadyBooked(evse_uid=reservation.evse.uid) from refusal
        raise ReservationExists(reference=reservation.reference) from refusal
    if reservation.hold_at > now:
        return reservation
    is_kept = is_kept_for_another(reservation, now)
    if is_kept and reservation.starts_at == now:  # a booking that starts soon
        raise EvseAlreadyBooked(evse_uid=reservation.evse.uid)
    if not is_kept and not is_occupied(reservation.evse):
        is_new_hold = reservation.created_at == reservation.starts_at == now
        take_hold(reservation, now, may_be_refused=is_new_hold)
    return reservation


def constraint_of(refusal: IntegrityError) -> str | None:
    """The name of the constraint that refused."""
    cause = refusal.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
