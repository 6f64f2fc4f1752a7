"""What can be booked where, drawn up whenever that may have changed (OCPI 2.3.0 Bookings).

One BookingLocation for each standard of connector at a location: drivers need a socket that fits,
and not a certain EVSE. What partners read and are pushed is what was drawn up last; whether a
booking is possible, the reservations alone decide.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction
from psycopg.types.range import TimestamptzRange

from booking.domain.calendar import DAY, Place, Timeslot, opened, span_of, timeslots
from booking.domain.offering import Offer
from booking.models import Reservation
from booking.services import offer
from cpms.kernel.windows import TimeWindow
from cpms.kernel.zones import zone_of
from ocpi.domain.bodies import fingerprint
from ocpi.domain.offers import Json, option_body, terms_body
from ocpi.models import BookingLocation
from ocpi.selectors import bookable_evses
from stations.domain.charge_type import power_w
from stations.enums import Availability
from stations.models import Connector, Evse, Location
from tariffs.domain.matching import charges_no_show
from tariffs.domain.reading import stored_tariff
from tariffs.models import TariffAssignment
from tariffs.selectors import versions_for_everyone

log = logging.getLogger(__name__)

Kind = tuple[int, str]
LONG_AGO = datetime.min.replace(tzinfo=UTC)

NOTE_DUE = """
INSERT INTO ocpi_change (subject, object_id, due_at)
SELECT 'bookable', location_id::text, %(now)s::timestamptz
FROM ocpi_bookinglocation WHERE redraw_at <= %(now)s
GROUP BY location_id ORDER BY min(redraw_at), location_id LIMIT %(most)s
"""
DRAWN = (
    "content", "begins_at", "ends_at", "free", "powers_w", "redraw_at", "calendar_updated_at",
    "last_updated",
)  # fmt: skip
MOST_DUE = 500  # locations at a time: at midnight all of a country are due


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is to be told of one kind of connector at a location."""

    content: Json
    span: TimeWindow
    redraw_at: datetime
    slots: list[Timeslot]

    @property
    def free(self) -> list[TimestamptzRange]:
        return [TimestamptzRange(slot.window.starts_at, slot.window.ends_at) for slot in self.slots]

    @property
    def powers_w(self) -> list[int]:
        return [slot.power_w for slot in self.slots]


def note_due_calendars(*, now: datetime) -> int:
    """Note locations where a day has begun since their calendars were drawn up, the first
    first. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_DUE, {"now": now, "most": MOST_DUE})
        noted: int = cursor.rowcount
    return noted


@transaction.atomic
def draw_up(*, location_ids: Collection[int], now: datetime) -> set[str]:
    """Draw up anew what can be booked at these locations. Returns the keys of all that is
    offered there, changed or not.

    Their rows are locked before anything else is read, so who draws last has seen the most.
    """
    if not location_ids:
        return set()
    _make_missing(location_ids, now)
    rows = list(
        BookingLocation.objects.select_for_update(of=("self",), no_key=True)
        .filter(location__in=location_ids)
        .select_related("location")
        .prefetch_related("location__tariffs__tariff")
        .order_by("pk")
    )
    desk = Desk.laid_out(location_ids, now)
    changed = [row for row in rows if _renew(row, desk)]
    BookingLocation.objects.bulk_create(  # of rows that are there: a third of `bulk_update`'s cost
        changed, update_conflicts=True, unique_fields=["id"], update_fields=DRAWN
    )
    return {str(row.pk) for row in rows}


def _make_missing(location_ids: Collection[int], now: datetime) -> None:
    """A row, still empty, for each kind of connector that has none yet."""
    kinds = (
        Connector.objects.filter(evse__in=bookable_evses(location_ids))
        .order_by("evse__location_id", "standard")
        .values_list("evse__location_id", "standard")
        .distinct()
    )
    known = set(
        BookingLocation.objects.filter(location__in=location_ids).values_list(
            "location_id", "connector_standard"
        )
    )
    BookingLocation.objects.bulk_create(
        [
            BookingLocation(
                location_id=location_id,
                connector_standard=standard,
                begins_at=now,
                ends_at=now,
                redraw_at=now,
                calendar_updated_at=now,
                created_at=now,
                last_updated=now,
            )
            for location_id, standard in kinds
            if (location_id, standard) not in known
        ],
        ignore_conflicts=True,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """All that drawings are made from."""

    alike: Mapping[Kind, Sequence[Connector]]
    taken: Mapping[int, Sequence[TimeWindow]]
    everywhere: Sequence[TariffAssignment]
    charging_no_show: Collection[int]
    offer: Offer
    now: datetime

    @classmethod
    def laid_out(cls, location_ids: Collection[int], now: datetime) -> "Desk":
        evses = list(bookable_evses(location_ids))
        alike: dict[Kind, list[Connector]] = defaultdict(list)
        for evse in evses:
            for connector in evse.connectors.all():
                alike[evse.location_id, connector.standard].append(connector)
        everywhere = TariffAssignment.objects.filter(location=None, evse=None, connector=None)
        return cls(
            alike,
            _taken(evses),
            list(everywhere.select_related("tariff")),
            _charging_no_show(evses, now),
            offer(),
            now,
        )

    def drawing(self, row: BookingLocation) -> Drawing:
        location = row.location
        zone = zone_of(location.time_zone)
        span = span_of(zone, self.now, self.offer.terms.ahead)
        hours = None if location.charging_when_closed else location.opening_times
        connectors = self.alike.get((row.location_id, row.connector_standard), ())
        places = [self._place(connector) for connector in connectors]
        return Drawing(
            content=self._content(location, connectors) if connectors else row.content,
            span=span,
            redraw_at=span_of(zone, self.now, DAY).ends_at,
            slots=timeslots(opened(hours, zone, span), places, self.offer.shortest),
        )

    def _place(self, connector: Connector) -> Place:
        evse = connector.evse
        power = power_w(
            connector.power_type,
            connector.max_voltage,
            connector.max_amperage,
            connector.max_electric_power,
        )
        is_operative = evse.availability == Availability.OPERATIVE
        since = LONG_AGO if is_operative else evse.available_again_at
        return Place(power, since, self.taken.get(evse.pk, ()))

    def _content(self, location: Location, connectors: Sequence[Connector]) -> Json:
        formats = [connector.format for connector in connectors]
        power_types = [connector.power_type for connector in connectors]
        return {
            "booking_option": option_body(connectors[0].standard, formats, power_types),
            "booking_terms": terms_body(
                self.offer,
                charges_no_show=any(one.evse_id in self.charging_no_show for one in connectors),
            ),
            "tariffs": fingerprint(self._tariffs(location, connectors)),
        }

    def _tariffs(self, location: Location, connectors: Sequence[Connector]) -> list[list[str]]:
        """Which tariffs hold for whom, from the narrowest places to the widest."""
        evses = {connector.evse for connector in connectors}
        places = (
            [row for connector in connectors for row in connector.tariffs.all()],
            [row for evse in evses for row in evse.tariffs.all()],
            location.tariffs.all(),
            self.everywhere,
        )
        return [
            sorted(f"{row.country_code}*{row.party_id} {row.tariff.ocpi_id}" for row in rows)
            for rows in places
        ]


def terms_at(place: BookingLocation, now: datetime) -> Json:
    """The BookingTerms of a booking that is made there now."""
    evses = bookable_evses([place.location_id]).filter(
        connectors__standard=place.connector_standard
    )
    return terms_body(offer(), charges_no_show=bool(_charging_no_show(evses, now)))


def _charging_no_show(evses: Iterable[Evse], now: datetime) -> set[int]:
    """EVSEs (by pk) where everyone's price has one for who does not come."""
    versions = versions_for_everyone(evses, now)
    return {pk for pk, one in versions.items() if charges_no_show(stored_tariff(one.body))}


def _taken(evses: Sequence[Evse]) -> dict[int, list[TimeWindow]]:
    """When EVSEs (by pk) are promised."""
    found: dict[int, list[TimeWindow]] = defaultdict(list)
    rows = Reservation.objects.filter(evse__in=evses, released_at=None).order_by("starts_at")
    for evse_id, starts_at, ends_at in rows.values_list("evse_id", "starts_at", "ends_at"):
        found[evse_id].append(TimeWindow(starts_at, ends_at))
    return found


def _renew(row: BookingLocation, desk: Desk) -> bool:
    """Write a new drawing into a row: what is as it was stays as new as it was. Returns whether
    anything differs."""
    try:
        drawing = desk.drawing(row)
    except (KeyError, TypeError, ValueError):  # hours that nobody can read: theirs alone stay
        log.exception("calendar not drawn up", extra={"location": row.location.ocpi_id})
        row.redraw_at = desk.now + DAY
        return True
    span = drawing.span
    is_new_calendar = _calendar(row.begins_at, row.ends_at, row.free, row.powers_w) != _calendar(
        span.starts_at, span.ends_at, drawing.free, drawing.powers_w
    )
    if is_new_calendar:
        row.begins_at, row.ends_at = span.starts_at, span.ends_at
        row.free, row.powers_w = drawing.free, drawing.powers_w
        row.calendar_updated_at = desk.now
    if is_new_calendar or row.content != drawing.content:
        row.content, row.last_updated = drawing.content, desk.now
    elif row.redraw_at == drawing.redraw_at:
        return False
    row.redraw_at = drawing.redraw_at
    return True


def _calendar(
    begins_at: datetime,
    ends_at: datetime,
    free: Sequence[TimestamptzRange],
    powers_w: Sequence[int],
) -> tuple[object, ...]:
    return begins_at, ends_at, [(one.lower, one.upper) for one in free], list(powers_w)
