from typing import ClassVar

from django.db import models

from ocpi.enums import Direction


class OcpiMessage(models.Model):
    """One exchange with a partner: the request and its answer, for people to read.

    A log, not the truth: written beside the exchange (ocpi.journal), kept for
    `CPMS_OCPI_MESSAGE_LOG_DAYS` in daily partitions (by `at`), without foreign keys. `partner_id`
    is empty for who could not say who it is. Secrets are blotted out before they get here.
    """

    pk = models.CompositePrimaryKey("at", "id")
    id = models.BigIntegerField()
    at = models.DateTimeField()
    partner_id = models.BigIntegerField(null=True)
    direction = models.CharField(max_length=3, choices=Direction)
    method = models.CharField(max_length=10)
    module = models.CharField(max_length=20)
    url = models.TextField()
    http_status = models.SmallIntegerField(null=True)
    status_code = models.IntegerField(null=True)
    is_fault = models.BooleanField()
    duration_ms = models.IntegerField()
    request_id = models.CharField(max_length=128)
    request = models.TextField()
    answer = models.TextField()
    error = models.TextField()

    class Meta:
        managed: ClassVar[bool] = False
        db_table = "ocpi_message"

    def __str__(self) -> str:
        return f"{self.direction} {self.method} {self.url}"
