"""What is the matter, and who is told."""

from alerts.models.alert import Alert
from alerts.models.telling import AlertRule, Notice, Webhook

__all__ = ["Alert", "AlertRule", "Notice", "Webhook"]
