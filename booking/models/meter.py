from typing import ClassVar

from django.db import models


class MeterSample(models.Model):
    """One set of sampled values of an EVSE at an instant: common measurands as columns, the
    rest in `other`. Monthly partitions by `measured_at`; unique by (EVSE, instant, content), so
    a resent message is stored once. No foreign keys: written by the gateway's group commit.
    """

    pk = models.CompositePrimaryKey("evse_id", "measured_at", "content_hash")
    evse_id = models.BigIntegerField()
    measured_at = models.DateTimeField()
    content_hash = models.BigIntegerField()
    received_at = models.DateTimeField()
    session_id = models.UUIDField(null=True)
    transaction_reference = models.CharField(max_length=36, null=True)  # noqa: DJ001 -- absent, not empty
    context = models.SmallIntegerField()
    energy_wh = models.BigIntegerField(null=True)
    power_w = models.IntegerField(null=True)
    current_l1_a = models.FloatField(null=True)
    current_l2_a = models.FloatField(null=True)
    current_l3_a = models.FloatField(null=True)
    voltage_l1_v = models.FloatField(null=True)
    voltage_l2_v = models.FloatField(null=True)
    voltage_l3_v = models.FloatField(null=True)
    soc_percent = models.SmallIntegerField(null=True)
    other = models.JSONField(null=True)

    class Meta:
        managed: ClassVar[bool] = False
        db_table = "booking_metersample"

    def __str__(self) -> str:
        return f"{self.evse_id} at {self.measured_at}"
