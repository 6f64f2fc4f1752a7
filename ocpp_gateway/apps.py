from django.apps import AppConfig


class OcppGatewayConfig(AppConfig):
    name = "ocpp_gateway"

    def ready(self) -> None:
        from ocpp_gateway import receivers  # noqa: PLC0415 -- app ready

        receivers.connect()
