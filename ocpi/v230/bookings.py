"""The Bookings module, as its sender (OCPI 2.3.0 Bookings): what can be booked, and what is."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi import selectors
from ocpi.errors import UnknownObject
from ocpi.models import BookingLocation
from ocpi.services.bookings import request_booking
from ocpi.transport.envelope import answer
from ocpi.transport.paging import date_in
from ocpi.v221.lists import ReadView
from ocpi.v230 import mapping
from ocpi.v230.requests import asked_in


class BookingLocationsView(ReadView):
    """What can be booked, paginated; on demand that only which is free within a period."""

    def get(self, request: Request) -> HttpResponse:
        asked = request.query_params
        begin, end = date_in(asked, "timeslot_from"), date_in(asked, "timeslot_to")
        rows = selectors.with_timeslot(_drawn(selectors.booking_locations()), begin, end)
        audience = selectors.audience_of(selectors.parties_of(self.partner))
        return self.page(
            request,
            self.ours(rows, "location__"),
            lambda row: mapping.booking_location_object(row, audience),
            "last_updated",
        )


class BookingLocationView(ReadView):
    """One BookingLocation, or its Calendar."""

    def get(
        self, request: Request, booking_location_id: str, calendar_id: str | None = None
    ) -> Response:
        rows = self.ours(_drawn(selectors.booking_locations()), "location__")
        row = rows.filter(pk=_key(booking_location_id)).first()
        if row is None:
            raise UnknownObject
        if calendar_id is None:
            audience = selectors.audience_of(selectors.parties_of(self.partner))
            return answer(mapping.booking_location_object(row, audience))
        if _key(calendar_id) != row.pk or not row.free:
            raise UnknownObject
        return answer(mapping.calendar_object(row))


class BookingsView(ReadView):
    """The caller's own bookings, paginated; and its requests: to book, change or cancel."""

    http_method_names = ["get", "post"]

    def get(self, request: Request) -> HttpResponse:
        rows = self.ours(selectors.bookings_of(self.partner), "booking_location__location__")
        audience = selectors.audience_of(selectors.parties_of(self.partner))
        return self.page(
            request, rows, lambda row: mapping.booking_object(row, audience), "changed_at"
        )

    def post(self, request: Request) -> Response:
        receiver = self.route.receiver if self.route else None
        done = request_booking(
            partner=self.partner, asked=asked_in(request.data, receiver), now=timezone.now()
        )
        audience = selectors.audience_of(selectors.parties_of(self.partner))
        found = selectors.bookings().get(pk=done.booking.pk)
        return answer(
            mapping.booking_object(found, audience),
            http=status.HTTP_201_CREATED if done.is_new else status.HTTP_200_OK,
            message=done.reason,
        )


def _drawn(rows: QuerySet[BookingLocation]) -> QuerySet[BookingLocation]:
    """Without those that were never drawn up: an EVSE came and went within a moment."""
    return rows.exclude(content={})


def _key(text: str) -> UUID:
    """Our UUID in any case. Raises UnknownObject for other texts."""
    try:
        return UUID(text)
    except ValueError:
        raise UnknownObject from None
