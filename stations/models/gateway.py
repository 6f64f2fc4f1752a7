from django.db import models
from django.utils import timezone


class Gateway(models.Model):
    """A web process that holds stations' sockets; it says every few seconds that it lives."""

    name = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField(default=timezone.now)
    alive_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
