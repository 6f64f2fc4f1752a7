"""Every write of alerts."""

from alerts.services.noticing import notice_all
from alerts.services.taking_on import hand_back, take_on

__all__ = ["hand_back", "notice_all", "take_on"]
