from django.db import models

from ocpi.enums import HandshakeKind
from ocpi.models.partner import Partner


class Handshake(models.Model):
    """A registration or rotation at a partner that we began, for people to watch: its checks in
    order, each `{"name", "state", "note"}`. One at a time runs per partner. No token is in it."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="handshakes")
    kind = models.CharField(max_length=8, choices=HandshakeKind)
    url = models.CharField(max_length=1024, blank=True)
    steps = models.JSONField(default=list)
    error_code = models.CharField(max_length=50, blank=True)
    error = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner"],
                condition=models.Q(ended_at=None),
                name="one_handshake_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} with {self.partner_id}"

    @property
    def is_passed(self) -> bool:
        return self.ended_at is not None and not self.error_code
