import uuid
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from booking.enums import AuthMethod, Flag, SessionStatus
from booking.models.reservation import Reservation
from booking.models.token import Token
from stations.enums import CommandStatus
from stations.models import ChargingStation, Evse, StationCommand
from tariffs.models import TariffVersion

if TYPE_CHECKING:
    from booking.models.cdr import Cdr


class ChargingSession(models.Model):
    """One car, one EVSE, from start to stop (OCPI 2.2.1 §9.3.1). It outlives reconnects.

    `energy_wh` is what was delivered: the last meter register minus `meter_start_wh`. `flags`
    name what a person should look at; a flagged session may still be right. While it is a
    `RESERVATION` the EVSE is kept for the driver; it becomes the charging session, or ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evse = models.ForeignKey(Evse, on_delete=models.PROTECT, related_name="sessions")
    token = models.ForeignKey(
        Token, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    id_token = models.CharField(max_length=36)
    reservation = models.ForeignKey(
        Reservation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        db_index=False,
    )
    auth_method = models.CharField(max_length=16, choices=AuthMethod, default=AuthMethod.WHITELIST)
    authorization_reference = models.CharField(max_length=36, blank=True)
    status = models.CharField(max_length=12, choices=SessionStatus, default=SessionStatus.ACTIVE)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    meter_start_wh = models.BigIntegerField()
    meter_stop_wh = models.BigIntegerField(null=True, blank=True)
    energy_wh = models.BigIntegerField(default=0)
    power_w = models.IntegerField(null=True, blank=True)
    soc_percent = models.SmallIntegerField(null=True, blank=True)
    last_meter_at = models.DateTimeField(null=True, blank=True)
    tariff_version = models.ForeignKey(
        TariffVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions"
    )
    currency = models.CharField(max_length=3, blank=True)
    total_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    stop_reason = models.CharField(max_length=32, blank=True)
    flags = ArrayField(models.CharField(max_length=24, choices=Flag), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="session_newest_first"),
            models.Index(fields=["evse", "-started_at"], name="session_of_evse"),
            models.Index(fields=["last_updated", "id"], name="session_last_updated"),
            models.Index(
                fields=["created_at"], condition=models.Q(token=None), name="session_of_nobody"
            ),
            models.Index(
                fields=["status"],
                condition=models.Q(status=SessionStatus.ACTIVE),
                name="session_active",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["evse"],
                condition=models.Q(status=SessionStatus.ACTIVE),
                name="session_one_active_per_evse",
            ),
            models.UniqueConstraint(
                fields=["reservation"],
                condition=models.Q(reservation__isnull=False),
                name="session_one_per_reservation",
            ),
            models.CheckConstraint(
                condition=models.Q(status=SessionStatus.ACTIVE, ended_at=None)
                | ~models.Q(status=SessionStatus.ACTIVE),
                name="session_active_has_no_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=SessionStatus.COMPLETED)
                | models.Q(ended_at__isnull=False, ended_at__gte=models.F("started_at")),
                name="session_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(energy_wh__gte=0), name="session_energy_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def cdr(self) -> "Cdr | None":
        """The CDR that holds: neither a credit nor credited. `cdrs` may be prefetched."""
        issued = list(self.cdrs.all())
        credited = {cdr.credits_id for cdr in issued}
        return next((cdr for cdr in issued if not cdr.is_credit and cdr.pk not in credited), None)

    @property
    def is_only_reserved(self) -> bool:
        """Whether no car came: the EVSE is, or was, kept for the driver, and that is all."""
        came = self.status == SessionStatus.ACTIVE or self.meter_stop_wh is not None
        return self.reservation_id is not None and not came


class Transaction(models.Model):
    """The station's account of a session. In OCPP 1.6 `reference` is the transactionId that we
    gave (random, so that no station can guess another's); in 2.x the station's own."""

    station = models.ForeignKey(
        ChargingStation, on_delete=models.PROTECT, related_name="transactions"
    )
    reference = models.CharField(max_length=36)
    session = models.ForeignKey(
        ChargingSession, on_delete=models.PROTECT, related_name="transactions"
    )
    evse_number = models.PositiveSmallIntegerField()
    id_token = models.CharField(max_length=36)
    started_at = models.DateTimeField()
    meter_start_wh = models.BigIntegerField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "reference"], name="transaction_unique_in_station"
            ),
            models.UniqueConstraint(
                fields=["station", "evse_number", "id_token", "started_at", "meter_start_wh"],
                name="transaction_started_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id}/{self.reference}"


class UnmatchedStop(models.Model):
    """A stop whose start we do not know (yet): transactionId -1, or a start that is replayed
    later. Kept until its start comes, for a person to see if it never does."""

    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=36)
    id_token = models.CharField(max_length=36, blank=True)
    stopped_at = models.DateTimeField()
    meter_stop_wh = models.BigIntegerField()
    reason = models.CharField(max_length=32, blank=True)
    session = models.ForeignKey(
        ChargingSession, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "reference", "stopped_at", "meter_stop_wh"],
                name="unmatched_stop_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}/{self.reference}"


class StartRequestQuerySet(models.QuerySet["StartRequest"]):
    def awaited(self) -> Self:
        """No session came of it yet, and the station did not refuse it."""
        refused = StationCommand.objects.filter(
            pk=models.OuterRef("command_id"), status=CommandStatus.REJECTED
        )
        return self.filter(~models.Exists(refused), session=None)


class StartRequest(models.Model):
    """Somebody asked to start here with this token (portal, REST, an eMSP); the session that
    follows bears its `authorization_reference`.

    `token` is what an eMSP vouched for in its command (OCPI 2.2.1 §13.3.5): it is not checked
    again. `id_token` is what the station was told, a stand-in where the uid is too long for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="start_requests")
    id_token = models.CharField(max_length=36)
    token = models.ForeignKey(
        Token, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    authorization_reference = models.CharField(max_length=36, blank=True)
    command_id = models.UUIDField(null=True, blank=True)
    session = models.OneToOneField(
        ChargingSession,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="start_request",
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    objects = StartRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.id_token} at {self.evse_id}"
