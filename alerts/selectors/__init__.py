"""Questions about alerts."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from alerts.errors import UnknownAlert, UnknownRule, UnknownWebhook
from alerts.models import Alert, AlertRule, Notice, Webhook
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


def rules() -> QuerySet[AlertRule]:
    return AlertRule.objects.prefetch_related("locations", "subscribers", "webhooks")


def rule_by_id(pk: int) -> AlertRule:
    """Raises UnknownRule."""
    found = rules().filter(pk=pk).first()
    if found is None:
        raise UnknownRule
    return found


def subscriptions_of(user: User) -> set[int]:
    """The rules by which a user is told."""
    return set(AlertRule.objects.filter(subscribers=user).values_list("pk", flat=True))


def webhooks() -> QuerySet[Webhook]:
    return Webhook.objects.order_by("name")


def webhook_by_id(pk: int) -> Webhook:
    """Raises UnknownWebhook."""
    found = Webhook.objects.filter(pk=pk).first()
    if found is None:
        raise UnknownWebhook
    return found


def notices_to(webhook: Webhook) -> QuerySet[Notice]:
    """What it is or was sent, the latest first."""
    return Notice.objects.filter(webhook=webhook).order_by("-created_at", "-pk")
