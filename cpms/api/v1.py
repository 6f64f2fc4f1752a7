"""Every public route of the REST API, on one screen."""

from typing import Any

urlpatterns: list[Any] = []
