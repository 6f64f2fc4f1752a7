import uuid

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.utils import timezone

from booking.enums import ReservationStatus
from booking.models import Reservation
from ocpi.enums import RequestStatus
from stations.models import Location


class BookingLocation(models.Model):
    """What can be booked at a location: any EVSE with a connector of one standard (OCPI 2.3.0
    Bookings), and its calendar, as they were drawn up last (ocpi.services.calendars).

    `content` is what partners are told beside the calendar, that which differs between them as a
    fingerprint. `free` are the timeslots, each at up to the watts in `powers_w`. `redraw_at`:
    midnight there, when a day leaves the calendar and another enters it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    location = models.ForeignKey(
        Location, on_delete=models.CASCADE, related_name="booking_locations"
    )
    connector_standard = models.CharField(max_length=32)
    content = models.JSONField(default=dict)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    free = ArrayField(DateTimeRangeField(), default=list, blank=True)
    powers_w = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    redraw_at = models.DateTimeField(db_index=True)
    calendar_updated_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "connector_standard"], name="booking_location_of_a_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(free__len=models.F("powers_w__len")),
                name="booking_location_slot_has_power",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connector_standard} at {self.location_id}"


class Booking(models.Model):
    """What an eMSP booked, under its own `request_id` (OCPI 2.3.0 Bookings). What became of it is
    the reservation's status; one without a reservation was rejected. `terms` are those it was
    made on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking_location = models.ForeignKey(
        BookingLocation, on_delete=models.PROTECT, related_name="bookings"
    )
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    request_id = models.CharField(max_length=36)
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    terms = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Upper("country_code"),
                models.functions.Upper("party_id"),
                models.functions.Upper("request_id"),
                name="booking_once_per_request_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.request_id} of {self.country_code}*{self.party_id}"

    @property
    def status(self) -> ReservationStatus:
        if self.reservation is None:
            return ReservationStatus.REJECTED
        return ReservationStatus(self.reservation.status)


class BookingRequest(models.Model):
    """One request for a booking, as its eMSP wrote it: the first, a change, the cancellation.
    `PENDING` as long as the reservation that it made is."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="requests")
    body = models.JSONField()
    status = models.CharField(max_length=8, choices=RequestStatus)
    reason = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.status} request of {self.booking_id}"
