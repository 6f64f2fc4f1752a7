"""A car comes where an EVSE is kept: it is the driver's whom it is kept for, or another's."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from booking.domain.reserving import is_for
from booking.enums import OPEN_RESERVATION, ReservationStatus
from booking.models import ChargingSession, Reservation
from booking.services.holding import let_go, locked, session_of, settle
from stations.models import Evse


@dataclass(frozen=True, slots=True)
class Reception:
    """`reservation` is the driver's own; `is_barred`: the EVSE is kept for another."""

    reservation: Reservation | None = None
    is_barred: bool = False


def kept_at(evse: Evse, at: datetime, reservation_id: int | None = None) -> list[Reservation]:
    """Whom an EVSE is kept for at an instant, first who has it. One that the station names
    counts as well, when its clock and ours differ over the time."""
    is_due = Q(hold_at__lte=at, keep_until__gt=at)
    return list(
        Reservation.objects.filter(evse=evse, status__in=OPEN_RESERVATION)
        .filter(is_due | Q(pk=reservation_id) if reservation_id else is_due)
        .order_by("hold_at", "pk")
    )


def receive(
    kept: list[Reservation], *, id_token: str, group_id: str | None, reservation_id: int | None
) -> Reception:
    """Who the EVSE is kept for decides; a driver whose own reservation the station names is
    welcome."""
    if not kept:
        return Reception()
    named = [one for one in kept if one.pk == reservation_id]
    for one in [*named, kept[0]]:
        if is_for(one.holder, id_token, group_id):
            return Reception(reservation=one)
    return Reception(is_barred=True)


def fulfil(
    reservation: Reservation, session: ChargingSession, now: datetime, *, is_named: bool
) -> None:
    """The driver charges: this (unsaved) session is stored as the one that the reservation
    began. `is_named`: the station named the reservation, so its own hold is used up."""
    current = locked(reservation.pk)
    begun = session_of(current)
    let_go(current, now, does_station_know=is_named)
    settle(current, ReservationStatus.FULFILLED, now)
    session.reservation = current
    session.authorization_reference = (
        session.authorization_reference or current.authorization_reference
    )
    if begun is None:
        session.save(force_insert=True)
        return
    session.pk, session.created_at = begun.pk, begun.created_at
    session.tariff_version_id, session.currency = begun.tariff_version_id, begun.currency
    session.save(force_update=True)
