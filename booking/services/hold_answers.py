"""What stations answer when they are asked for a hold."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Q

from booking.domain.reserving import HoldAnswer, answer_to_hold
from booking.enums import OPEN_RESERVATION, HeldBy, ReservationStatus
from booking.models import Reservation
from booking.services.holding import let_go, locked, open_session, save, settle, take_hold
from booking.services.sweeping import each
from booking.services.unused import close_free
from stations.models import StationCommand

BATCH = 500
ASKED = Q(status__in=OPEN_RESERVATION, held_by=HeldBy.CPMS, hold_command_id__isnull=False)


@transaction.atomic
def settle_hold(*, command_id: UUID, now: datetime) -> bool:
    """Take note of what a station answered. Returns whether anything waited for it."""
    command = StationCommand.objects.filter(pk=command_id, settled_at__isnull=False).first()
    asked = Reservation.objects.filter(ASKED, hold_command_id=command_id)
    pk = asked.values_list("pk", flat=True).first()
    if command is None or pk is None:
        return False
    reservation = locked(pk)
    if not asked.filter(pk=pk).exists():  # settled, or cancelled, meanwhile
        return False
    _note(reservation, answer_to_hold(command.response), now)
    return True


def _note(reservation: Reservation, answer: HoldAnswer, now: datetime) -> None:
    """A hold that nobody was promised yet falls with a car that stands there, or a fault; a
    booking stands, held by us."""
    if answer == HoldAnswer.TAKEN and reservation.status == ReservationStatus.PENDING:
        let_go(reservation, now, does_station_know=True)
        settle(reservation, ReservationStatus.REJECTED, now)
        close_free(reservation, now)
        return
    if answer == HoldAnswer.HELD:
        reservation.held_by = HeldBy.STATION
    else:
        reservation.hold_command_id = None
    reservation.status = ReservationStatus.RESERVED
    save(reservation, now)
    open_session(reservation, now)


def hold_again(*, now: datetime) -> int:
    """Sweep: a station that booted, or was away, may have forgotten what it held. It is asked
    anew under the same id, which replaces a hold that it has (OCPP 1.6 §5.13), and until it
    answers we hold alone. Returns how many holds."""
    command = StationCommand.objects.filter(pk=OuterRef("hold_command_id"))
    may_have_forgotten = Q(evse__station__booted_at__gt=F("answered_at")) | Q(
        evse__station__connection__connected_at__gt=F("answered_at")
    )
    held = Reservation.objects.alias(answered_at=command.values("settled_at")[:1]).filter(
        may_have_forgotten,
        status=ReservationStatus.RESERVED,
        held_by=HeldBy.STATION,
        keep_until__gt=now,
    )

    def again(pk: int) -> bool:
        reservation = locked(pk)
        if not held.filter(pk=pk).exists():  # used, or cancelled, meanwhile
            return False
        take_hold(reservation, now)
        return True

    return each(held.order_by("pk").values_list("pk", flat=True)[:BATCH], again)


def settle_holds(*, now: datetime) -> int:
    """Sweep: take note of answers that were stored but not heard of."""
    waiting = Reservation.objects.filter(ASKED).values_list("hold_command_id", flat=True)
    answered = StationCommand.objects.filter(pk__in=waiting, settled_at__isnull=False)
    return each(
        answered.values_list("pk", flat=True)[:BATCH],
        lambda command_id: settle_hold(command_id=command_id, now=now),
    )
