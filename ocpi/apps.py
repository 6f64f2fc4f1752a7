from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


class OcpiConfig(AppConfig):
    name = "ocpi"

    def ready(self) -> None:
        from booking import ports as booking_ports  # noqa: PLC0415 -- app ready
        from ocpi import ports, receivers  # noqa: PLC0415 -- app ready
        from ocpi.services import inquiring  # noqa: PLC0415 -- app ready
        from ocpi.v221.edition import Edition221  # noqa: PLC0415 -- app ready
        from ocpi.v230.edition import Edition230  # noqa: PLC0415 -- app ready

        ports.fill(Edition221())
        ports.fill(Edition230())
        booking_ports.fill(inquiring.inquiries)
        receivers.connect()
        post_migrate.connect(_make_partitions, sender=self)


def _make_partitions(**_: Any) -> None:
    """A fresh database logs messages at once, in their own partitions."""
    from ocpi.services.messages import ensure_partitions  # noqa: PLC0415 -- app ready

    ensure_partitions(now=timezone.now())
