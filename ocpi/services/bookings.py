"""What eMSPs book (OCPI 2.3.0 Bookings): the first request, changes, the cancellation.

All that happens to a booking by one request is one transaction, which holds the booking's row:
requests for one booking wait for each other, and its EVSEs are the reservations' business. A
request that breaks the terms, or cannot be understood, leaves nothing behind; one that cannot be
met, because others were first, is kept as declined.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from booking import services as booking
from booking.domain.facts import BookedToken
from booking.domain.offering import require_changeable
from booking.enums import CanceledBy, ReservationStatus
from booking.errors import ReservationSettled, TooLateToCancel
from booking.models import Reservation
from booking.services import BookingWish
from cpms.kernel.errors import DomainError
from cpms.kernel.windows import TimeWindow
from ocpi.enums import RequestStatus
from ocpi.errors import InvalidParameter, LocationNotFound, NotEnoughInformation
from ocpi.models import Booking, BookingLocation, Partner
from ocpi.selectors import PartyKey, parties_of
from ocpi.services.calendars import draw_up, terms_at

Json = dict[str, Any]

MOST_REQUESTS = 100  # for one booking: each is told with it, every time


@dataclass(frozen=True, slots=True)
class Asked:
    """A BookingRequest that can be understood; `body` is as its eMSP wrote it.

    `party`: of the eMSP. `receiver`: the party of ours that it is for, if it says. `canceled`:
    why, in a cancellation.
    """

    party: PartyKey
    receiver: PartyKey | None
    request_id: str
    booking_location_id: UUID
    location_id: str
    window: TimeWindow
    tokens: tuple[BookedToken, ...]
    authorization_reference: str
    body: Json
    evse_uid: str = ""
    least_power_w: int = 0
    canceled: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request; `reason`: why it was declined."""

    booking: Booking
    is_new: bool
    reason: str = ""


@transaction.atomic
def request_booking(*, partner: Partner, asked: Asked, now: datetime) -> Answer:
    """Book, change or cancel. The same request once more changes nothing.

    Raises InvalidParameter, NotEnoughInformation, LocationNotFound, and what the terms refuse:
    BookingInPast, BookingTooShort, BookingTooLong, BookingTooFarAhead, TooLateToChange,
    TooLateToCancel; ReservationSettled for a booking that is over.
    """
    _require_own(partner, asked)
    place = _place(asked)
    held, is_new = _held(asked, place, now)
    before = held.requests.last()
    if before is not None and before.body == asked.body:
        return Answer(held, is_new=False, reason=before.reason)
    if held.booking_location_id != place.pk:
        raise InvalidParameter("booking_location_id: this request_id booked another")
    if held.requests.count() >= MOST_REQUESTS:
        raise InvalidParameter("request_id: it was used too often; make a new booking")
    status, reason = _carried_out(held, asked, place, now, is_new=is_new)
    held.requests.create(body=asked.body, status=status, reason=reason[:255], received_at=now)
    held.last_updated = now
    held.save()
    draw_up(location_ids=[place.location_id], now=now)
    return Answer(held, is_new, reason)


def _require_own(partner: Partner, asked: Asked) -> None:
    """An eMSP books for itself, and with its own tokens."""
    own = parties_of(partner)
    if asked.party not in own:
        raise InvalidParameter("party_id: of a party that is not yours")
    for token in asked.tokens:
        if (token.country_code.upper(), token.party_id.upper()) not in own:
            raise InvalidParameter("tokens: of a party that is not yours")


def _place(asked: Asked) -> BookingLocation:
    """Raises LocationNotFound."""
    places = BookingLocation.objects.select_related("location").filter(
        pk=asked.booking_location_id, location__ocpi_id__iexact=asked.location_id
    )
    if asked.receiver is not None:
        places = places.filter(
            location__country_code__iexact=asked.receiver[0],
            location__party_id__iexact=asked.receiver[1],
        )
    found = places.first()
    if found is None:
        raise LocationNotFound("There is no such BookingLocation at this Location.")
    evses = found.location.evses.filter(removed_at=None, uid__iexact=asked.evse_uid)
    if asked.evse_uid and not evses.exists():
        raise LocationNotFound
    return found


def _held(asked: Asked, place: BookingLocation, now: datetime) -> tuple[Booking, bool]:
    """The booking of this request id, locked; whether it is new."""
    found = _same(asked).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            made = Booking.objects.create(
                booking_location=place,
                country_code=asked.party[0],
                party_id=asked.party[1],
                request_id=asked.request_id,
                terms=terms_at(place, now),
                created_at=now,
                last_updated=now,
            )
    except IntegrityError:  # the same request, a moment ago
        return _same(asked).get(), False
    return made, True


def _same(asked: Asked) -> QuerySet[Booking]:
    return (
        Booking.objects.select_for_update(of=("self",), no_key=True)
        .select_related("reservation__evse")
        .filter(
            country_code__iexact=asked.party[0],
            party_id__iexact=asked.party[1],
            request_id__iexact=asked.request_id,
        )
    )


def _carried_out(
    held: Booking, asked: Asked, place: BookingLocation, now: datetime, *, is_new: bool
) -> tuple[RequestStatus, str]:
    """Do what is asked. Returns what became of it, and why not."""
    if is_new and asked.canceled:
        raise InvalidParameter("request_id: there is no such booking")
    if asked.canceled:
        _cancel(_open(held), asked.canceled, now)
        return RequestStatus.ACCEPTED, ""
    if not asked.tokens:
        raise NotEnoughInformation("tokens: who may use the booking?")
    if not is_new:
        until = timedelta(minutes=held.terms["change_until_minutes"])
        require_changeable(_open(held).starts_at, until, now)
    booking.offer().require_fitting(asked.window, now)
    wish = _wish(held, asked, place)
    if is_new:
        return _tried(held, lambda: booking.reserve_booked(wish=wish, now=now))
    current = _open(held)
    return _tried(held, lambda: booking.change_booked(reservation=current, wish=wish, now=now))


def _open(held: Booking) -> Reservation:
    """Raises ReservationSettled."""
    if held.reservation is None or not held.reservation.is_open:
        raise ReservationSettled("This booking was rejected, used or cancelled, or is over.")
    return held.reservation


def _cancel(reservation: Reservation, reason: str, now: datetime) -> None:
    """Raises TooLateToCancel or ReservationSettled."""
    if now > reservation.cancel_until:
        raise TooLateToCancel(cancel_until=reservation.cancel_until)
    booking.cancel_reservation(reservation=reservation, by=CanceledBy.EMSP, now=now, reason=reason)


def _wish(held: Booking, asked: Asked, place: BookingLocation) -> BookingWish:
    return BookingWish(
        location=place.location,
        connector_standard=place.connector_standard,
        window=asked.window,
        tokens=asked.tokens,
        reference=str(held.pk),
        authorization_reference=asked.authorization_reference,
        evse_uid=asked.evse_uid,
        least_power_w=asked.least_power_w,
    )


def _tried(held: Booking, reserve: Callable[[], Reservation]) -> tuple[RequestStatus, str]:
    """All of it or nothing."""
    try:
        with transaction.atomic():
            held.reservation = reserve()
    except DomainError as refusal:
        return RequestStatus.DECLINED, refusal.text
    if held.reservation.status == ReservationStatus.PENDING:
        return RequestStatus.PENDING, ""
    return RequestStatus.ACCEPTED, ""
