"""Questions about reservations."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from booking.enums import OPEN_RESERVATION
from booking.errors import UnknownReservation
from booking.models import Reservation
from cpms.kernel.windows import TimeWindow
from stations.models import Evse


def reservations() -> QuerySet[Reservation]:
    """Reservations ready to render, the latest start first."""
    return (
        Reservation.objects.select_related("evse__location", "evse__station", "token")
        .prefetch_related("sessions__cdrs")
        .order_by("-starts_at", "-pk")
    )


def reservation_by_id(reservation_id: int) -> Reservation:
    """Raises UnknownReservation."""
    found = reservations().filter(pk=reservation_id).first()
    if found is None:
        raise UnknownReservation(id=reservation_id)
    return found


def open_reservation(country_code: str, party_id: str, reference: str) -> Reservation | None:
    """An eMSP's open reservation by its own name (OCPI `reservation_id`)."""
    return (
        reservations()
        .filter(
            status__in=OPEN_RESERVATION,
            country_code__iexact=country_code,
            party_id__iexact=party_id,
            reference__iexact=reference,
        )
        .first()
    )


def promised_windows(evses: Iterable[Evse], now: datetime) -> dict[int, list[TimeWindow]]:
    """When EVSEs (by pk) are kept for somebody, in the order of time."""
    found: dict[int, list[TimeWindow]] = defaultdict(list)
    rows = Reservation.objects.filter(
        evse__in=[evse.pk for evse in evses], status__in=OPEN_RESERVATION, keep_until__gt=now
    ).order_by("starts_at")
    for evse_id, hold_at, ends_at in rows.values_list("evse_id", "hold_at", "ends_at"):
        found[evse_id].append(TimeWindow(hold_at, ends_at))
    return found
