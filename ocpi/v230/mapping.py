"""What is booked, and what can be, as OCPI 2.3.0 Bookings writes it. Pure: rows in, JSON out."""

from collections.abc import Iterable
from typing import Any

from booking.enums import CanceledBy, ReservationStatus
from booking.models import Reservation
from ocpi.domain.datetimes import written
from ocpi.enums import CanceledReason, RequestStatus
from ocpi.models import Booking, BookingLocation, BookingRequest
from ocpi.selectors import Audience, held
from stations.models import Connector, Location

Json = dict[str, Any]

STEP_MIN = 1  # any minute will do as the beginning and the end of a booking
CPO, EMSP = "SENDER", "RECEIVER"  # who is who in this module
TAKEN = frozenset({RequestStatus.ACCEPTED, RequestStatus.PENDING})
BECAME = {  # of a request that a station was asked about
    ReservationStatus.PENDING: RequestStatus.PENDING,
    ReservationStatus.REJECTED: RequestStatus.DECLINED,
}


def booking_location_object(row: BookingLocation, audience: Audience) -> Json:
    """BookingLocation, with the tariffs that hold for this partner's drivers. One that nobody
    can book at present has no calendar: a Calendar without timeslots is none."""
    location = row.location
    body: Json = {
        "country_code": location.country_code,
        "party_id": location.party_id,
        "id": str(row.pk),
        "location_id": location.ocpi_id,
        "booking_option": row.content["booking_option"],
        "policy": {"reservation_required": False},
        "booking_terms": row.content["booking_terms"],
        "last_updated": written(row.last_updated),
    }
    connectors = [
        connector
        for evse in location.evses.all()
        for connector in evse.connectors.all()
        if connector.standard == row.connector_standard
    ]
    if found := _tariff_ids(connectors, location, audience):
        body["tariff_ids"] = found
    if row.free:
        body["calendars"] = [calendar_object(row)]
    return body


def calendar_object(row: BookingLocation) -> Json:
    """The one Calendar of a BookingLocation; it bears the same id."""
    slots = zip(row.free, row.powers_w, strict=True)
    return {
        "id": str(row.pk),
        "begin_from": written(row.begins_at),
        "end_before": written(row.ends_at),
        "timeslot_increment": STEP_MIN,
        "available_timeslots": [
            {
                "start_date_time": written(slot.lower),
                "end_date_time": written(slot.upper),
                "max_power": power_w,
            }
            for slot, power_w in slots
        ],
        "last_updated": written(row.calendar_updated_at),
    }


def booking_object(booking: Booking, audience: Audience) -> Json:
    """Booking, by the last request that was taken; its times and EVSE are the reservation's."""
    place, reservation = booking.booking_location, booking.reservation
    requests = list(booking.requests.all())
    wish = _agreed(requests)
    body: Json = {
        "id": str(booking.pk),
        "country_code": place.location.country_code,
        "party_id": place.location.party_id,
        "request_id": booking.request_id,
        "booking_option": wish.get("booking_option") or place.content["booking_option"],
        "location_id": place.location.ocpi_id,
        "period": wish["period"],
        "reservation_status": booking.status,
        "authorization_reference": wish["authorization_reference"],
        "booking_terms": booking.terms,
        "booking_requests": [_request(one, booking.status) for one in requests],
        "last_updated": written(_changed_at(booking)),
    }
    if wish.get("tokens"):
        body["booking_tokens"] = wish["tokens"]
    if wish.get("access_information"):
        body["access_information"] = wish["access_information"]
    return body | (_promised(reservation, place, audience) if reservation else {})


def _promised(reservation: Reservation, place: BookingLocation, audience: Audience) -> Json:
    """What the reservation says of a booking."""
    connectors = [
        connector
        for connector in reservation.evse.connectors.all()
        if connector.standard == place.connector_standard
    ]
    body: Json = {
        "booking_option": {"evse_uid": reservation.evse.uid, **_plug(connectors)},
        "period": {
            "start_date_time": written(reservation.starts_at),
            "end_date_time": written(reservation.ends_at),
        },
    }
    if found := _tariff_ids(connectors, place.location, audience):
        body["tariff_ids"] = found
    if reservation.status == ReservationStatus.CANCELED:
        reason = reservation.cancel_reason
        body["canceled"] = {
            "cancellation_reason": reason if reason in CanceledReason else CanceledReason.UNKNOWN,
            "who_canceled": EMSP if reservation.canceled_by == CanceledBy.EMSP else CPO,
        }
    return body


def _plug(connectors: list[Connector]) -> Json:
    if not connectors:
        return {}
    plug = connectors[0]
    return {
        "connector_id": plug.ocpi_id,
        "connector_types": [plug.standard],
        "connector_format": [plug.format],
        "power_types": [plug.power_type],
    }


def _agreed(requests: list[BookingRequest]) -> Json:
    """The last that was taken and is no cancellation; the first of all, if none was."""
    wishes = [one.body for one in requests if one.status in TAKEN and "canceled" not in one.body]
    found: Json = wishes[-1] if wishes else requests[0].body
    return found


def _request(request: BookingRequest, status: ReservationStatus) -> Json:
    stands = request.status
    if stands == RequestStatus.PENDING:
        stands = BECAME.get(status, RequestStatus.ACCEPTED)
    return {
        "request_status": stands,
        "booking_request": request.body,
        "request_received": written(request.received_at),
    }


def _changed_at(booking: Booking) -> Any:
    reservation = booking.reservation
    times = [booking.last_updated, *([reservation.last_updated] if reservation else [])]
    return max(times)


def _tariff_ids(
    connectors: Iterable[Connector], location: Location, audience: Audience
) -> list[str]:
    return sorted(
        {
            found
            for connector in connectors
            for found in audience.tariff_ids(
                held(place.tariffs.all()) for place in (connector, connector.evse, location)
            )
        }
    )
