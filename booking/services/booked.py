"""Bookings as eMSPs make them for their own drivers (OCPI 2.3.0 Bookings)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from booking.domain.calendar import opened
from booking.domain.facts import BookedToken, IssuedToken
from booking.domain.offering import Offer
from booking.domain.reserving import Holder
from booking.enums import WhitelistType
from booking.errors import (
    EvseAlreadyBooked,
    EvseOccupied,
    EvseOutOfService,
    LocationClosed,
    NoEvseFree,
    TokenNotAuthorized,
)
from booking.models import Reservation, Token
from booking.services.authorization import decide
from booking.services.issued import issued_token, stored_token
from booking.services.reservations import (
    best_first,
    change_reservation,
    locked_evses,
    reserve,
    reserve_any,
    terms,
)
from cpms.kernel.windows import TimeWindow
from cpms.kernel.zones import zone_of
from stations.domain.charge_type import power_w
from stations.models import Evse, Location

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
TAKEN = (EvseAlreadyBooked, EvseOccupied, EvseOutOfService)


@dataclass(frozen=True, slots=True)
class BookingWish:
    """What an eMSP wants kept for its driver: an EVSE at `location` with such a connector, of at
    least these watts; that with `evse_uid`, if it names one. `tokens`: at least one."""

    location: Location
    connector_standard: str
    window: TimeWindow
    tokens: tuple[BookedToken, ...]
    reference: str
    authorization_reference: str
    evse_uid: str = ""
    least_power_w: int = 0


def offer() -> Offer:
    """What is offered at present."""
    return Offer(
        terms=terms(),
        shortest=settings.BOOKING.shortest,
        change_before=settings.BOOKING.change_before,
    )


@transaction.atomic
def reserve_booked(*, wish: BookingWish, now: datetime) -> Reservation:
    """Reserve what is wished for. Raises LocationClosed, TokenNotAuthorized, NoEvseFree and what
    `reserve` raises."""
    _require_open(wish)
    holder, suitable = _holder(wish, now), _suitable(wish)
    if wish.evse_uid:
        return reserve(evse=suitable[0], holder=holder, window=wish.window, now=now)
    return reserve_any(
        location=wish.location,
        connector_standard=wish.connector_standard,
        holder=holder,
        window=wish.window,
        now=now,
        among=suitable,
    )


@transaction.atomic
def change_booked(*, reservation: Reservation, wish: BookingWish, now: datetime) -> Reservation:
    """Make a reservation what is wished for now: at its EVSE if that will do, else at another.
    Raises what `reserve_booked` raises, and ReservationSettled; then it stays as it is."""
    _require_open(wish)
    holder, suitable = _holder(wish, now), _suitable(wish)
    evses = locked_evses(
        Evse.objects.filter(pk__in=[*(one.pk for one in suitable), reservation.evse_id])
    )
    if reservation.evse in suitable:
        try:
            return _changed(reservation, wish, holder, reservation.evse, now)
        except TAKEN:
            if wish.evse_uid:
                raise
    others = [evse for evse in evses if evse in suitable and evse != reservation.evse]
    at_once = wish.window.starts_at <= now
    for evse in best_first(others, wish.window, now, at_once=at_once)[:1]:
        return _changed(reservation, wish, holder, evse, now)
    raise _none_free(wish)


def _changed(
    reservation: Reservation, wish: BookingWish, holder: Holder, evse: Evse, now: datetime
) -> Reservation:
    """At this EVSE. Whether another may take its place later, the newest wish says."""
    with transaction.atomic():
        changed = change_reservation(
            reservation=reservation, window=wish.window, now=now, evse=evse, holder=holder
        )
        changed.connector_standard = "" if wish.evse_uid else wish.connector_standard
        changed.save(update_fields=["connector_standard"])
    return changed


def _require_open(wish: BookingWish) -> None:
    location = wish.location
    if location.charging_when_closed:
        return
    if opened(location.opening_times, zone_of(location.time_zone), wish.window) != [wish.window]:
        raise LocationClosed(location_id=location.ocpi_id)


def _suitable(wish: BookingWish) -> list[Evse]:
    """The EVSEs that would do, at least one. Raises NoEvseFree."""
    evses = Evse.objects.filter(location=wish.location, removed_at=None, station__isnull=False)
    if wish.evse_uid:
        evses = evses.filter(uid__iexact=wish.evse_uid)
    found = [
        evse
        for evse in evses.prefetch_related("connectors").order_by("pk")
        if _power_w(evse, wish.connector_standard) >= max(wish.least_power_w, 1)
    ]
    if not found:
        raise _none_free(wish)
    return found


def _none_free(wish: BookingWish) -> NoEvseFree:
    return NoEvseFree(location_id=wish.location.ocpi_id, connector_standard=wish.connector_standard)


def _power_w(evse: Evse, standard: str) -> int:
    """What its connector of this standard can deliver; 0: it has none."""
    return max(
        (
            power_w(one.power_type, one.max_voltage, one.max_amperage, one.max_electric_power)
            for one in evse.connectors.all()
            if one.standard == standard
        ),
        default=0,
    )


def _holder(wish: BookingWish, now: datetime) -> Holder:
    """Raises TokenNotAuthorized."""
    tokens = [_known(token, now) for token in _in_order(wish.tokens)]
    first = next(one for one in tokens if one.uid.upper() == wish.tokens[0].uid.upper())
    return Holder(
        id_token=first.uid,
        group_id=first.group_id,
        country_code=first.country_code,
        party_id=first.party_id,
        reference=wish.reference,
        authorization_reference=wish.authorization_reference,
        other_id_tokens=tuple(one.uid for one in tokens if one != first),
        is_vouched_for=True,
    )


def _in_order(tokens: Sequence[BookedToken]) -> list[BookedToken]:
    """So that two who store the same tokens do not wait for each other."""
    return sorted(tokens, key=lambda one: (one.country_code, one.party_id, one.uid, one.type))


def _known(token: BookedToken, now: datetime) -> Token:
    """The token as its issuer told us; one that it never told is asked about when it is
    presented, and good if nobody answers. Raises TokenNotAuthorized."""
    party = (token.country_code, token.party_id)
    found = issued_token(party=party, uid=token.uid, kind=token.type)
    if found is None:
        return stored_token(
            IssuedToken(
                **asdict(token),
                issuer="",
                valid=True,
                whitelist=WhitelistType.ALLOWED_OFFLINE,
                last_updated=LONG_AGO,  # whatever its issuer tells of it is newer
            )
        )
    if not decide(found, now).is_accepted:
        raise TokenNotAuthorized(id_token=token.uid)
    return found
