"""What partners may read of places: locations, their EVSEs, what can be booked there."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    F,
    Func,
    Max,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest
from psycopg.types.range import TimestamptzRange

from ocpi.domain.presence import OFFLINE_AFTER
from ocpi.models import BookingLocation
from ocpi.selectors.partners import PartyKey, of_parties
from stations.models import Connector, Evse, Location


def locations(now: datetime) -> QuerySet[Location]:
    """Every location, in order of creation. `changed_at` is that of its newest part (§8.3.1)."""
    return Location.objects.annotate(changed_at=_changed_at(now)).order_by("created_at", "pk")


def _changed_at(now: datetime) -> Greatest:
    link = "station__connection__"
    counts_as_offline = Case(
        When(
            **{f"{link}disconnected_at__lte": now - OFFLINE_AFTER},
            then=F(f"{link}disconnected_at") + OFFLINE_AFTER,
        ),
        output_field=DateTimeField(),
    )
    newest = (
        Evse.objects.filter(location=OuterRef("pk"))
        .order_by()
        .values("location")
        .annotate(at=Max(Greatest("last_updated", f"{link}connected_at", counts_as_offline)))
        .values("at")
    )
    return Greatest("last_updated", Subquery(newest))


def evses_of(party: PartyKey | None) -> QuerySet[Evse]:
    """The EVSEs of a party of ours (of all: None) that partners may command."""
    evses = Evse.objects.filter(removed_at=None).select_related("location", "station__connection")
    if party is not None:
        evses = evses.filter(of_parties("location__", {party}))
    return evses.order_by("pk")


def bookable_evses(location_ids: Collection[int] | None = None) -> QuerySet[Evse]:
    """The EVSEs at these locations (everywhere: None) that can be booked, with their connectors
    and tariffs."""
    evses = Evse.objects.filter(removed_at=None, station__isnull=False)
    if location_ids is not None:
        evses = evses.filter(location__in=location_ids)
    return evses.prefetch_related(
        "tariffs__tariff",
        Prefetch("connectors", Connector.objects.order_by("pk")),
        "connectors__tariffs__tariff",
    ).order_by("pk")


def booking_locations() -> QuerySet[BookingLocation]:
    """What can be booked, with all that partners are told of it, in order of creation."""
    return (
        BookingLocation.objects.select_related("location")
        .prefetch_related(
            "location__tariffs__tariff", Prefetch("location__evses", bookable_evses())
        )
        .order_by("created_at", "pk")
    )


def with_timeslot(
    rows: QuerySet[BookingLocation], begin: datetime | None, end: datetime | None
) -> QuerySet[BookingLocation]:
    """Those with a timeslot, or a part of one, from `begin` up to `end`."""
    if begin is None and end is None:
        return rows
    if begin and end and begin >= end:
        return rows.none()
    return rows.filter(HasTimeslot(F("free"), Value(TimestamptzRange(begin, end))))


class HasTimeslot(Func):
    """Whether one of an array of ranges overlaps another range."""

    template = "EXISTS (SELECT FROM unnest(%(expressions)s)"
    arg_joiner = ") AS slot WHERE slot && "
    output_field = BooleanField()
