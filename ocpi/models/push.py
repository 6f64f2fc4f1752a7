from django.db import models
from django.db.models.functions import Now

from ocpi.enums import Module
from ocpi.models.partner import Partner


class Change(models.Model):
    """Something that partners may see changed. Written by database triggers in the transaction
    of the change, whoever writes it (docs/adr/0010); read and deleted by `spread_changes`."""

    subject = models.CharField(max_length=12)
    object_id = models.CharField(max_length=36)
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], name="change_due")]

    def __str__(self) -> str:
        return f"{self.subject} {self.object_id}"


class OwedPush(models.Model):
    """What a partner knows of an object of ours and whether it must hear of it again.

    `due_at` is empty when it is up to date. `delivered` is the edition's memory of what the
    partner has (empty: nothing). `revision` grows with each change: a push that was overtaken
    by one stays owed. `refused`: a CDR that the partner will not take; a person must look.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="pushes")
    module = models.CharField(max_length=20, choices=Module)
    object_id = models.CharField(max_length=36)
    due_at = models.DateTimeField(null=True, blank=True)
    owed_since = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveBigIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    delivered = models.JSONField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    refused = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "module", "object_id"], name="owed_once_per_object"
            )
        ]
        indexes = [
            models.Index(
                fields=["partner", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="owed_due",
            ),
            models.Index(fields=["partner"], condition=~models.Q(refused=""), name="owed_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.object_id} to {self.partner_id}"
