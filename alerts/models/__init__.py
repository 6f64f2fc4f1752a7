"""What is the matter."""

from alerts.models.alert import Alert

__all__ = ["Alert"]
