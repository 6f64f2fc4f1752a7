"""OCPI 2.3.0 for those below it."""

from datetime import datetime
from typing import Any

from django.conf import settings

from ocpi import selectors
from ocpi.domain.bodies import fingerprint
from ocpi.enums import Module
from ocpi.ports import Plan, Sending
from ocpi.v221.edition import NOTHING, OFFERED, SENDER, Edition221
from ocpi.v230 import mapping
from ocpi.v230.shapes import SHAPES

Json = dict[str, Any]

VERSION = "2.3.0"
BOOKINGS = "bookings"


class Edition230(Edition221):
    """Fills `ocpi.ports.Edition`."""

    version = VERSION
    offered = (*OFFERED, (BOOKINGS, SENDER))
    told: frozenset[str] = frozenset(Module)

    def endpoints(self) -> list[Json]:
        """The Bookings module under the name that is configured."""
        return [
            {**one, "identifier": settings.OCPI.bookings_module}
            if one["identifier"] == BOOKINGS
            else one
            for one in super().endpoints()
        ]

    def shaped(self, module: str, body: Json) -> Json:
        shape = SHAPES.get(module)
        return shape(body) if shape else body

    def plan(
        self,
        module: str,
        object_id: str,
        delivered: Json | None,
        now: datetime,
        parties: set[tuple[str, str]],
    ) -> Plan:
        match module:
            case Module.BOOKING_LOCATIONS:
                return _of_booking_location(object_id, delivered or {}, parties)
            case Module.BOOKINGS:
                return _of_booking(object_id, delivered or {}, parties)
            case _:
                return super().plan(module, object_id, delivered, now, parties)


def _of_booking_location(object_id: str, delivered: Json, parties: set[tuple[str, str]]) -> Plan:
    """PUT of a BookingLocation; PATCH of its Calendar where that alone is another. A PATCH
    cannot take a calendar away, so its end and its return are PUTs."""
    row = selectors.booking_locations().filter(pk=object_id).exclude(content={}).first()
    if row is None:
        return NOTHING
    body = mapping.booking_location_object(row, selectors.audience_of(parties))
    key = (body["country_code"], body["party_id"])
    path = (*key, "booking_locations", body["id"])
    calendar = _undated(body["calendars"][0]) if "calendars" in body else {}
    memory = {
        "static": fingerprint({**_undated(body), "calendars": bool(calendar)}),
        "calendar": fingerprint(calendar),
    }
    whole = Sending("PUT", path, body)
    if delivered.get("static") != memory["static"]:
        return Plan((whole,), memory, sender=key)
    if delivered.get("calendar") == memory["calendar"]:
        return Plan((), memory, sender=key)
    change = {name: value for name, value in body["calendars"][0].items() if name != "id"}
    patch = Sending("PATCH", (*path, body["calendars"][0]["id"]), change)
    return Plan((patch,), memory, whole, key)


def _of_booking(object_id: str, delivered: Json, parties: set[tuple[str, str]]) -> Plan:
    """PUT of a whole Booking: its requests as they are, none told twice."""
    booking = selectors.bookings().filter(pk=object_id).first()
    if booking is None:
        return NOTHING
    body = mapping.booking_object(booking, selectors.audience_of(parties))
    key = (body["country_code"], body["party_id"])
    memory = {"print": fingerprint(_undated(body))}
    if delivered.get("print") == memory["print"]:
        return Plan((), memory, sender=key)
    return Plan((Sending("PUT", (*key, body["id"]), body),), memory, sender=key)


def _undated(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "last_updated"}
