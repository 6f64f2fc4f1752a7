from django.db import models
from django.db.models import Q

from booking.enums import ListTrouble
from stations.models import ChargingStation, StationCommand


class LocalList(models.Model):
    """The local authorization list that a station accepted last (OCPP 1.6 §4.1.1).

    `is_managed`: we keep it equal to the tokens that may stand there. `entries` are
    AuthorizationData by idTag in capitals, `fingerprint` is that of the list and empty while
    `is_certain` is False: then we cannot know what is there. `command` is the request that is
    open. `checked_at`: when its version was compared last, `asked_at`: when its limits were
    asked for last.
    """

    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="local_list"
    )
    is_managed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    entries = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    is_certain = models.BooleanField(default=False)
    accepted_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    trouble = models.CharField(max_length=12, choices=ListTrouble, blank=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["station__identity"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_certain=True) | Q(fingerprint=""),
                name="local_list_print_of_what_is_certain",
            ),
            models.CheckConstraint(
                condition=Q(trouble__in=["", *ListTrouble.values]),
                name="local_list_trouble_known",
            ),
        ]

    def __str__(self) -> str:
        return f"list {self.version} of {self.station_id}"

    @property
    def is_synced(self) -> bool:
        """As far as we know: nothing is open and nothing went wrong."""
        return self.is_certain and self.command_id is None and not self.trouble
