from django.apps import AppConfig


class OcpiConfig(AppConfig):
    name = "ocpi"

    def ready(self) -> None:
        from ocpi import ports  # noqa: PLC0415 -- app ready
        from ocpi.v221.edition import Edition221  # noqa: PLC0415 -- app ready

        ports.fill(Edition221())
