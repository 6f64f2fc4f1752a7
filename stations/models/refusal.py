from django.db import models


class RefusedConnection(models.Model):
    """A connection that was not let in, counted by who asked, from where, and why.

    `identity` is what the address named, known or not; `status` is the HTTP status of the
    refusal. Told to people, decides nothing; the oldest go (`services.forget_refusals`).
    """

    identity = models.CharField(max_length=48)
    remote_address = models.CharField(max_length=64, blank=True)
    status = models.PositiveSmallIntegerField()
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at", "-pk"]
        indexes = [models.Index(fields=["-last_at", "-id"], name="refusal_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "remote_address", "status"], name="refusal_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.identity} from {self.remote_address}: {self.status} × {self.count}"
