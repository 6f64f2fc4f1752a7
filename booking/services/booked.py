"""Bookings as eMSPs make them for their own drivers (OCPI 2.3.0 Bookings)."""

from django.conf import settings

from booking.domain.offering import Offer
from booking.services.reservations import terms


def offer() -> Offer:
    """What is offered at present."""
    return Offer(
        terms=terms(),
        shortest=settings.BOOKING.shortest,
        change_before=settings.BOOKING.change_before,
    )
