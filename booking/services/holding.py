"""Holds: a reservation takes effect, and ceases to. What a station is told of it are commands,
written in the same transaction.

All of it runs inside a transaction that has locked the EVSE: one decision at a time for each. The
CPMS always holds; a station that can holds as well.
"""

from datetime import UTC, datetime

from django.db.models import Q

from booking.domain.reserving import (
    LONGEST_ID_TAG,
    can_be_asked,
    may_become,
)
from booking.enums import (
    OPEN_RESERVATION,
    AuthMethod,
    HeldBy,
    ReservationStatus,
    SessionStatus,
)
from booking.events import ReservationChanged
from booking.models import ChargingSession, Reservation
from booking.services.occasions import occasion_at
from cpms.kernel import events
from stations.enums import EvseStatus, WhenOffline
from stations.models import Evse, StationCommand
from stations.services import issue_command, mark_reserved
from tariffs.selectors import versions_for

FREE = frozenset({EvseStatus.AVAILABLE, EvseStatus.UNKNOWN, EvseStatus.RESERVED})
BROKEN = frozenset({EvseStatus.FAULTED, EvseStatus.UNAVAILABLE})


def locked(reservation_id: int) -> Reservation:
    """The reservation as it is now, with its EVSE: the EVSE is locked first, then the row. One
    that moves to another EVSE meanwhile is looked for there."""
    while True:
        evse_id = Reservation.objects.values_list("evse_id", flat=True).get(pk=reservation_id)
        Evse.objects.select_for_update(no_key=True).get(pk=evse_id)
        found = (
            Reservation.objects.select_for_update(of=("self",))
            .select_related("evse__location", "evse__station__connection", "token")
            .filter(pk=reservation_id, evse_id=evse_id)
            .first()
        )
        if found is not None:
            return found


def is_broken(evse: Evse) -> bool:
    """Whether its station says that it cannot charge."""
    return evse.status in BROKEN


def is_occupied(evse: Evse) -> bool:
    """Whether a car charges there, or its station says that one stands there."""
    charging = ChargingSession.objects.filter(evse=evse, status=SessionStatus.ACTIVE)
    return evse.status not in FREE | BROKEN or charging.exists()


def is_kept_for_another(reservation: Reservation, now: datetime) -> bool:
    """Whether the EVSE is held for another reservation, or should be: the earlier hold goes
    first."""
    others = Reservation.objects.filter(evse=reservation.evse, status__in=OPEN_RESERVATION).exclude(
        pk=reservation.pk
    )
    is_due = Q(hold_at__lte=min(now, reservation.hold_at), keep_until__gt=now)
    return others.filter(~Q(held_by=HeldBy.NOBODY) | is_due).exists()


def take_hold(reservation: Reservation, now: datetime, *, may_be_refused: bool = False) -> None:
    """Keep others from the EVSE from now on. `may_be_refused`: a connected station that is asked
    may know better; until it answers the reservation is `PENDING`."""
    command = _ask(reservation, now)
    reservation.held_by = HeldBy.CPMS
    reservation.hold_command_id = command.pk if command else None
    if may_be_refused and command and _is_connected(reservation.evse):
        reservation.status = ReservationStatus.PENDING
    save(reservation, now)
    mark_reserved(evse=reservation.evse, is_reserved=True, now=now)
    if reservation.status == ReservationStatus.RESERVED:
        open_session(reservation, now)


def let_go(reservation: Reservation, now: datetime, *, does_station_know: bool = False) -> None:
    """Let others in again; tell a station that may hold, unless it knows."""
    if reservation.held_by == HeldBy.NOBODY:
        return
    if reservation.hold_command_id and not does_station_know:
        _tell(reservation, "CancelReservation", {"reservationId": reservation.pk}, now)
    reservation.held_by, reservation.hold_command_id = HeldBy.NOBODY, None
    save(reservation, now)
    mark_reserved(evse=reservation.evse, is_reserved=False, now=now)


def save(reservation: Reservation, now: datetime) -> None:
    """Store it, and tell."""
    reservation.last_updated = now
    reservation.save()
    events.publish(
        ReservationChanged(reservation.pk, reservation.evse_id, reservation.evse.location_id)
    )


def settle(reservation: Reservation, status: ReservationStatus, now: datetime) -> None:
    """Bring an open reservation to its end. Its window is free again, unless it was used."""
    assert may_become(ReservationStatus(reservation.status), status)
    reservation.status = status
    if status != ReservationStatus.FULFILLED:
        reservation.released_at = now
    save(reservation, now)


def open_session(reservation: Reservation, now: datetime) -> ChargingSession:
    """The session that the reservation begins (OCPI 2.2.1 §9.2.3), unless it did before; its
    tariff is fixed now."""
    begun = session_of(reservation)
    if begun is not None:
        return begun
    (offer,) = versions_for([occasion_at(reservation.evse, reservation.token, now)])
    return ChargingSession.objects.create(
        evse=reservation.evse,
        token=reservation.token,
        id_token=reservation.id_token,
        reservation=reservation,
        auth_method=AuthMethod.COMMAND if reservation.reference else AuthMethod.WHITELIST,
        authorization_reference=reservation.authorization_reference,
        status=SessionStatus.RESERVATION,
        started_at=reservation.starts_at,
        meter_start_wh=0,
        tariff_version_id=offer.version_id if offer else None,
        currency=offer.currency if offer else "",
        created_at=now,
        last_updated=now,
    )


def session_of(reservation: Reservation) -> ChargingSession | None:
    """The session that the reservation began, while no car has come."""
    return (
        ChargingSession.objects.select_for_update(of=("self",))
        .select_related("evse__location", "tariff_version", "token", "reservation")
        .filter(reservation=reservation, status=SessionStatus.RESERVATION)
        .first()
    )


def _ask(reservation: Reservation, now: datetime) -> StationCommand | None:
    """ReserveNow (OCPP 1.6 §5.13), if the station may be able to; one that is away is asked
    when it is back, as long as that makes sense."""
    station = reservation.evse.station
    if station is None or not can_be_asked(station.configuration, reservation.id_token):
        return None
    if reservation.other_id_tokens:  # a station holds for one token, and would turn these away
        return None
    until = reservation.keep_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload: dict[str, object] = {
        "connectorId": reservation.evse.number,
        "expiryDate": until,
        "idTag": reservation.id_token,
        "reservationId": reservation.pk,
    }
    if 0 < len(reservation.group_id) <= LONGEST_ID_TAG:
        payload["parentIdTag"] = reservation.group_id
    return _tell(reservation, "ReserveNow", payload, now)


def _tell(
    reservation: Reservation, action: str, payload: dict[str, object], now: datetime
) -> StationCommand | None:
    station = reservation.evse.station
    if station is None or reservation.keep_until <= now:
        return None
    return issue_command(
        station=station,
        action=action,
        payload=payload,
        now=now,
        issued_by=reservation.issued_by,
        origin="reservation",
        when_offline=WhenOffline.KEEP,
        deadline=reservation.keep_until - now,
    )


def _is_connected(evse: Evse) -> bool:
    return evse.station is not None and evse.station.connection.is_connected
