from django.apps import AppConfig


class TariffsConfig(AppConfig):
    name = "tariffs"

    def ready(self) -> None:
        from stations import ports  # noqa: PLC0415 -- app ready
        from tariffs.services import hold_at_connectors  # noqa: PLC0415 -- app ready

        ports.fill(hold_at_connectors)
