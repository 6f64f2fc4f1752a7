from django.apps import AppConfig


class DsoConfig(AppConfig):
    name = "dso"
