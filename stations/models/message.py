from typing import ClassVar

from django.db import models

from stations.enums import Direction


class OcppMessage(models.Model):
    """One exchange with a station: the request and its answer, for people to read.

    A log, not the truth: kept for `OCPP_MESSAGE_LOG_DAYS` in daily partitions (by `at`), without
    foreign keys. Secrets are blotted out before they get here.
    """

    pk = models.CompositePrimaryKey("at", "id")
    id = models.BigIntegerField()
    at = models.DateTimeField()
    station_id = models.BigIntegerField()
    direction = models.CharField(max_length=3, choices=Direction)
    action = models.CharField(max_length=50)
    message_id = models.CharField(max_length=64)
    request = models.TextField()
    answer = models.TextField(null=True)  # noqa: DJ001 -- null: not answered (yet)
    answered_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=50, blank=True)

    class Meta:
        managed: ClassVar[bool] = False
        db_table = "stations_ocppmessage"

    def __str__(self) -> str:
        return f"{self.direction} {self.action} {self.message_id}"
