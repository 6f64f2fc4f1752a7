import uuid

from django.db import models
from django.utils import timezone

from booking.models.session import ChargingSession


class Cdr(models.Model):
    """The charge detail record of an ended session (OCPI 2.2.1 §10.3.1): one each, immutable
    (a trigger refuses changes). `body` is the whole OCPI object as issued; columns are for
    lists and sums. Corrected only by a credit CDR."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(ChargingSession, on_delete=models.PROTECT, related_name="cdr")
    body = models.JSONField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    energy_wh = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    total_excl_vat = models.DecimalField(max_digits=14, decimal_places=4)
    total_incl_vat = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-issued_at", "-pk"]
        indexes = [models.Index(fields=["issued_at", "id"], name="cdr_issued")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(energy_wh__gte=0), name="cdr_energy_not_negative"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
