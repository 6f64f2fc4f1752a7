from django.apps import AppConfig


class OcppGatewayConfig(AppConfig):
    name = "ocpp_gateway"

    def ready(self) -> None:
        from energy import ports as energy_ports  # noqa: PLC0415 -- app ready
        from ocpp_gateway import receivers  # noqa: PLC0415 -- app ready
        from ocpp_gateway.v16 import profiles  # noqa: PLC0415 -- app ready

        receivers.connect()
        energy_ports.fill(profiles.SUBPROTOCOL, profiles.Profiles16())
