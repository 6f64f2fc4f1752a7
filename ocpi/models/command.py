import uuid

from django.db import models
from django.utils import timezone

from booking.models import ChargingSession, Reservation
from ocpi.enums import CommandKind, CommandResult, ProfileKind, ProfileResult
from ocpi.models.partner import Partner
from stations.models import StationCommand

KINDS = [*CommandKind.choices, *ProfileKind.choices]
RESULTS = [*dict([*CommandResult.choices, *ProfileResult.choices]).items()]


class PartnerCommand(models.Model):
    """A command (or request about a session's charging profile) that a partner gave and we
    accepted: its result is owed to `response_url`.

    The result is that of `station_command`, once it is settled, or `result` where it is known
    without a station. `for_country_code`, `for_party_id`: who gave it through a hub. `reservation` is what RESERVE_NOW made, as long as it is open: if we cancel
    it, the same URL is told. `session` is the one whose charging profile is meant. `due_at`: when to try next, empty once told or given up (`answer_by`: the
    partner waits no longer, §13.3.2). The URL is the partner's word: it goes through the guarded
    egress, with our token only to the partner's own hosts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=20, choices=KINDS)
    response_url = models.CharField(max_length=255)
    sender_country_code = models.CharField(max_length=2)
    sender_party_id = models.CharField(max_length=3)
    for_country_code = models.CharField(max_length=2, blank=True, default="", db_default="")
    for_party_id = models.CharField(max_length=3, blank=True, default="", db_default="")
    correlation_id = models.CharField(max_length=128, blank=True)
    station_command = models.OneToOneField(
        StationCommand, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    session = models.ForeignKey(
        ChargingSession,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    result = models.CharField(max_length=20, choices=RESULTS, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="command_result_due",
            ),
            models.Index(fields=["partner", "-created_at"], name="command_of_partner"),
            models.Index(
                fields=["session", "-created_at"],
                condition=models.Q(session__isnull=False),
                name="command_of_session",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(station_command__isnull=False) | ~models.Q(result=""),
                name="command_has_a_result",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=ProfileKind.values, session__isnull=False)
                | (~models.Q(kind__in=ProfileKind.values) & models.Q(session=None)),
                name="command_of_profile_has_session",
            ),
            models.CheckConstraint(
                condition=models.Q(told_at=None) | models.Q(due_at=None),
                name="command_result_told_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.partner_id}"
