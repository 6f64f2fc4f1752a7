"""An eMSP that books: bodies of requests as it writes them, and what it is answered."""

from datetime import UTC, datetime, timedelta
from itertools import count

from django.utils import timezone

from ocpi.models import BookingLocation
from ocpi.services.changes import spread_changes
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
CCS, TYPE_2 = "IEC_62196_T2_COMBO", "IEC_62196_T2"
_numbers = count(1)


def plug(location=None, **more):
    """An EVSE with one connector, of a station at this location."""
    location = location or LocationFactory()
    evse = EvseFactory(station=StationFactory(location=location))
    return ConnectorFactory(evse=evse, **more)


def drawn(now=None):
    """What beat does: all that changed is drawn up, at an instant."""
    spread_changes(now=now or timezone.now() + HOUR)


def bookable(**more):
    """What can be booked at a new location with one EVSE."""
    plug(**more)
    drawn()
    return BookingLocation.objects.latest("created_at")


def written(instant):
    text = instant.astimezone(UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")


def hours_from_now(hours):
    return (datetime.now(UTC) + hours * HOUR).replace(microsecond=0)


def token(uid="04AA", **more):
    named = {"country_code": "NL", "party_id": "RMR", "type": "RFID"}
    return {**named, "uid": uid, "contract_id": "NL-RMR-C12345", **more}


def period(start=24, length=1):
    """Hours from now, and how many."""
    begin = hours_from_now(start)
    return {"start_date_time": written(begin), "end_date_time": written(begin + length * HOUR)}


def wish(place, **more):
    """A BookingRequest: an hour from this time tomorrow on."""
    return {
        "country_code": "NL",
        "party_id": "RMR",
        "request_id": f"R-{next(_numbers)}",
        "location_id": place.location.ocpi_id,
        "booking_location_id": str(place.pk),
        "tokens": [token()],
        "period": period(),
        "authorization_reference": "AUTH-1",
        **more,
    }


def canceled(body, reason="TRAFFIC", who="RECEIVER"):
    return {**body, "canceled": {"cancellation_reason": reason, "who_canceled": who}}


def send(emsp, body, **more):
    return emsp.ask("POST", emsp.endpoints["bookings"], body, **more)


def states(booking):
    """Of a Booking: its own and those of its requests."""
    return booking["reservation_status"], [
        one["request_status"] for one in booking["booking_requests"]
    ]


def listed(emsp):
    """The eMSP's own bookings, as it reads them."""
    return emsp.ask("GET", emsp.endpoints["bookings"]).data
