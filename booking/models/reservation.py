from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField,
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.utils import timezone

from booking.domain.reserving import Holder
from booking.enums import OPEN_RESERVATION, CanceledBy, HeldBy, ReservationStatus
from booking.models.token import Token
from stations.models import Evse

OPEN = models.Q(status__in=sorted(OPEN_RESERVATION))
THIS_EVSE = models.Func(
    models.F("evse"),
    models.F("evse"),
    models.Value("[]"),
    function="int8range",
    output_field=BigIntegerRangeField(),
)
ITS_WINDOW = models.Func(
    models.F("starts_at"),
    models.F("ends_at"),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


class Reservation(models.Model):
    """An EVSE promised to a driver for [starts_at, ends_at): a hold from now on, or a booking.

    The key is OCPP's reservationId as well. The EVSE is kept for the driver in [hold_at,
    keep_until), or until they come; until `released_at` nobody else can reserve any part of the
    window, which the database sees to. `other_id_tokens` may use it as well as `id_token`.
    `connector_standard`: any EVSE of the location with such
    a connector was asked for, so another may take this one's place.
    """

    id = models.AutoField(primary_key=True)
    evse = models.ForeignKey(Evse, on_delete=models.PROTECT, related_name="reservations")
    connector_standard = models.CharField(max_length=32, blank=True)
    token = models.ForeignKey(
        Token, on_delete=models.SET_NULL, null=True, blank=True, related_name="reservations"
    )
    id_token = models.CharField(max_length=36)
    other_id_tokens = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    group_id = models.CharField(max_length=36, blank=True)
    country_code = models.CharField(max_length=2, blank=True)
    party_id = models.CharField(max_length=3, blank=True)
    reference = models.CharField(max_length=36, blank=True)
    authorization_reference = models.CharField(max_length=36, blank=True)
    status = models.CharField(
        max_length=9, choices=ReservationStatus, default=ReservationStatus.RESERVED
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    hold_at = models.DateTimeField()
    keep_until = models.DateTimeField()
    cancel_until = models.DateTimeField()
    held_by = models.CharField(max_length=7, choices=HeldBy, blank=True, default=HeldBy.NOBODY)
    hold_command_id = models.UUIDField(null=True, blank=True)
    canceled_by = models.CharField(max_length=4, choices=CanceledBy, blank=True)
    cancel_reason = models.CharField(max_length=120, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-starts_at", "-pk"]
        indexes = [
            models.Index(fields=["-starts_at", "-id"], name="reservation_newest_first"),
            models.Index(fields=["evse", "hold_at"], condition=OPEN, name="reservation_open"),
            models.Index(fields=["last_updated", "id"], name="reservation_last_updated"),
        ]
        constraints = [
            ExclusionConstraint(
                name="reservation_no_overlap",
                expressions=[
                    (THIS_EVSE, RangeOperators.OVERLAPS),
                    (ITS_WINDOW, RangeOperators.OVERLAPS),
                ],
                condition=models.Q(released_at=None),
            ),
            models.UniqueConstraint(
                fields=["evse"],
                condition=OPEN & ~models.Q(held_by=HeldBy.NOBODY),
                name="reservation_one_hold_per_evse",
            ),
            models.UniqueConstraint(
                fields=["country_code", "party_id", "reference"],
                condition=OPEN & ~models.Q(reference=""),
                name="reservation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    ends_at__gt=models.F("starts_at"),
                    hold_at__lte=models.F("starts_at"),
                    keep_until__gt=models.F("starts_at"),
                    keep_until__lte=models.F("ends_at"),
                ),
                name="reservation_times_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ReservationStatus.values),
                name="reservation_status_known",
            ),
            models.CheckConstraint(
                condition=(OPEN & models.Q(released_at=None))
                | models.Q(status=ReservationStatus.FULFILLED)
                | (~OPEN & models.Q(released_at__isnull=False)),
                name="reservation_released_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id_token} at {self.evse_id} from {self.starts_at}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_RESERVATION

    @property
    def is_held(self) -> bool:
        return self.held_by != HeldBy.NOBODY

    @property
    def holder(self) -> Holder:
        return Holder(
            id_token=self.id_token,
            other_id_tokens=tuple(self.other_id_tokens),
            group_id=self.group_id,
            country_code=self.country_code,
            party_id=self.party_id,
            reference=self.reference,
            authorization_reference=self.authorization_reference,
        )
