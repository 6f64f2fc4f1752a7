"""Questions about alerts."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from alerts.errors import UnknownAlert
from alerts.models import Alert
from alerts.models.alert import AlertQuerySet


def alerts() -> AlertQuerySet:
    """With location and who took it on; worst first, of these the newest."""
    return Alert.objects.select_related("location", "acknowledged_by")


def alert_by_id(pk: int) -> Alert:
    """Raises UnknownAlert."""
    found = alerts().filter(pk=pk).first()
    if found is None:
        raise UnknownAlert
    return found


def count_waiting(now: datetime) -> int:
    """How many wait for a person."""
    return Alert.objects.waiting(now).count()


def count_by_kind(now: datetime) -> dict[str, int]:
    """How many wait for a person, by kind."""
    rows = Alert.objects.waiting(now).order_by().values("kind").annotate(n=Count("pk"))
    return {row["kind"]: row["n"] for row in rows}


def taken_on(now: datetime) -> QuerySet[Alert]:
    """Open ones that somebody looks after."""
    return alerts().open().exclude(Q(acknowledged_at=None) | Q(snoozed_until__lte=now))


def waiting(now: datetime) -> QuerySet[Alert]:
    """Those that wait for a person."""
    return alerts().waiting(now)


def closed() -> QuerySet[Alert]:
    """What is over, the latest first."""
    return alerts().filter(closed_at__isnull=False).order_by("-opened_at", "-pk")
