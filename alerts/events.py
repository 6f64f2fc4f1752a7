"""What this app tells others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertsChanged:
    """Alerts opened, closed, or somebody took one on."""
