"""Every route of `/ocpi/cpo/2.3.0/`, with and without a trailing slash."""

from django.urls import re_path

from ocpi.v221.urls import PART, routes
from ocpi.v230 import bookings
from ocpi.v230.edition import VERSION

urlpatterns = [
    *routes(version=VERSION),
    re_path(r"^bookings/?$", bookings.BookingsView.as_view(version=VERSION)),
    re_path(
        r"^bookings/booking_locations/?$", bookings.BookingLocationsView.as_view(version=VERSION)
    ),
    re_path(
        rf"^bookings/booking_locations/(?P<booking_location_id>{PART})(?:/(?P<calendar_id>{PART}))?/?$",
        bookings.BookingLocationView.as_view(version=VERSION),
    ),
]
