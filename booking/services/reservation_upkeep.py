"""Sweeps over reservations: what begins and ends by the clock alone. Each may run any number of
times, anywhere."""

from datetime import datetime

from django.db.models import Q

from booking.enums import OPEN_RESERVATION, HeldBy, ReservationStatus
from booking.models import Reservation
from booking.services.holding import (
    is_broken,
    is_kept_for_another,
    is_occupied,
    let_go,
    locked,
    settle,
    take_hold,
)
from booking.services.reservations import another_evse, release_ended
from booking.services.sweeping import each
from booking.services.unused import close_charged, close_free
from stations.enums import Availability
from stations.models import Evse

BATCH = 500


def hold_due_reservations(*, now: datetime) -> int:
    """Let bookings whose time has come take effect. Where a car stands still, or nobody can
    charge, one that any EVSE serves moves to another; else the hold waits until the car goes.
    Others are kept from starting there all the same."""
    due = Reservation.objects.filter(
        status=ReservationStatus.RESERVED,
        held_by=HeldBy.NOBODY,
        hold_at__lte=now,
        keep_until__gt=now,
    )

    def hold(pk: int) -> bool:
        reservation = locked(pk)
        is_due = reservation.is_open and not reservation.is_held and reservation.hold_at <= now
        if not is_due:
            return False
        if not is_usable(reservation.evse):
            reservation.evse = another_evse(reservation, now) or reservation.evse
        if is_occupied(reservation.evse) or is_kept_for_another(reservation, now):
            return False
        take_hold(reservation, now)
        return True

    return each(due.order_by("hold_at", "pk").values_list("pk", flat=True)[:BATCH], hold)


def end_reservations(*, now: datetime) -> int:
    """End what was kept long enough, and free what is left of windows whose car has gone."""
    over = Reservation.objects.filter(status__in=OPEN_RESERVATION, keep_until__lte=now)

    def end(pk: int) -> bool:
        reservation = locked(pk)
        if not reservation.is_open or reservation.keep_until > now:
            return False
        was_kept = reservation.status == ReservationStatus.RESERVED and is_usable(reservation.evse)
        let_go(reservation, now, does_station_know=True)
        status = ReservationStatus.NO_SHOW if was_kept else ReservationStatus.FAILED
        settle(reservation, status, now)
        if was_kept:
            close_charged(reservation, reservation.keep_until, now)
        else:
            close_free(reservation, now)
        return True

    ended = each(over.order_by("keep_until").values_list("pk", flat=True)[:BATCH], end)
    return ended + release_ended(Q(), now)


def is_usable(evse: Evse) -> bool:
    """Whether the driver could have charged there: nobody is a no-show at a socket that is
    broken, away or taken."""
    station = evse.station
    is_connected = station is not None and station.connection.is_connected
    is_in_service = evse.availability == Availability.OPERATIVE and evse.removed_at is None
    return is_connected and is_in_service and not is_broken(evse) and not is_occupied(evse)
