from django.apps import AppConfig


class OcpiConfig(AppConfig):
    name = "ocpi"

    def ready(self) -> None:
        from booking import ports as booking_ports  # noqa: PLC0415 -- app ready
        from ocpi import ports  # noqa: PLC0415 -- app ready
        from ocpi.services import inquiring  # noqa: PLC0415 -- app ready
        from ocpi.v221.edition import Edition221  # noqa: PLC0415 -- app ready
        from ocpi.v230.edition import Edition230  # noqa: PLC0415 -- app ready

        ports.fill(Edition221())
        ports.fill(Edition230())
        booking_ports.fill(inquiring.inquiries)
