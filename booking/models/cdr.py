import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from booking.models.session import ChargingSession
from tariffs.models import TariffVersion


class Cdr(models.Model):
    """A charge detail record of an ended session (OCPI 2.2.1 §10.3.1), immutable (a trigger
    refuses changes). `body` is the whole OCPI object as issued; columns are for lists and sums.

    A session gets one. A person corrects it by a credit CDR (`credits`), whose columns take
    energy and money back, and mostly a new one in its place (`replaces` the same); each at most
    once, so the CDRs of a session are a chain with one end. `tariff_version` priced such a new
    one; the first is priced by its session's.

    `country_code` and `party_id`, in capitals, are the eMSP's that it is made out to, and that may
    see it: whose token the session was known to have when it was issued. Empty: nobody's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        ChargingSession, on_delete=models.PROTECT, related_name="cdrs", db_index=False
    )
    credits = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credited_by",
        db_index=False,
    )
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        db_index=False,
    )
    tariff_version = models.ForeignKey(
        TariffVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    country_code = models.CharField(max_length=2, blank=True, default="", db_default="")
    party_id = models.CharField(max_length=3, blank=True, default="", db_default="")
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
        indexes = [
            models.Index(fields=["issued_at", "id"], name="cdr_issued"),
            models.Index(
                fields=["country_code", "party_id", "issued_at", "id"],
                condition=~models.Q(party_id=""),
                name="cdr_of_party",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "credits", "replaces"],
                nulls_distinct=False,
                name="cdr_one_per_session",
            ),
            models.UniqueConstraint(
                fields=["credits"],
                condition=models.Q(credits__isnull=False),
                name="cdr_credited_once",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=models.Q(replaces__isnull=False),
                name="cdr_replaced_once",
            ),
            models.CheckConstraint(
                condition=models.Q(credits=None) | models.Q(replaces=None),
                name="cdr_credits_or_replaces",
            ),
            models.CheckConstraint(
                condition=models.Q(credits=None, energy_wh__gte=0)
                | models.Q(credits__isnull=False, energy_wh__lte=0),
                name="cdr_energy_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_credit(self) -> bool:
        return self.credits_id is not None
