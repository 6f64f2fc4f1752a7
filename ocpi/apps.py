from django.apps import AppConfig


class OcpiConfig(AppConfig):
    name = "ocpi"
