from django.apps import AppConfig


class EnergyConfig(AppConfig):
    name = "energy"

    def ready(self) -> None:
        from energy import receivers  # noqa: PLC0415 -- app ready

        receivers.connect()
