"""Who is told by mail, and how long it is known what was told."""

from datetime import datetime, timedelta

from accounts.models import User
from alerts.models import AlertRule, Notice

KEPT = timedelta(days=30)


def subscribe(*, rule: AlertRule, user: User, on: bool) -> None:
    """Be told by mail what the rule says, or no longer."""
    if on:
        rule.subscribers.add(user)
    else:
        rule.subscribers.remove(user)


def forget_notices(*, now: datetime) -> int:
    """Of what was settled only the last weeks are kept."""
    settled = Notice.objects.filter(due_at=None, created_at__lt=now - KEPT)
    return settled.delete()[0]
