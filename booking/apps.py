from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


class BookingConfig(AppConfig):
    name = "booking"

    def ready(self) -> None:
        from booking import receivers  # noqa: PLC0415 -- app ready

        receivers.connect()
        post_migrate.connect(_make_partitions, sender=self)


def _make_partitions(**_: Any) -> None:
    """A fresh database takes meter values at once, in their own partitions."""
    from booking.services import ensure_partitions  # noqa: PLC0415 -- app ready

    ensure_partitions(now=timezone.now())
