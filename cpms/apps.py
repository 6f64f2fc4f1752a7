from django.apps import AppConfig
from django.db import transaction

from cpms.kernel import events


class CpmsConfig(AppConfig):
    """The composition root: wires what no app may know."""

    name = "cpms"

    def ready(self) -> None:
        from cpms.portal import live  # noqa: PLC0415 -- app ready

        events.set_commit_hook(transaction.on_commit)
        live.connect()
