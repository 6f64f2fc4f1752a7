"""Who must hear that an alert opened, and that it is over: debts, written in the same transaction
and settled later. One message when it opened, one when it is over, and no more."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from alerts.enums import Event, Severity
from alerts.models import Alert, AlertRule, Notice, Webhook
from alerts.words import said
from stations.models import Location

GATHERS = timedelta(
    seconds=60
)  # so that one mail tells of many, and of nothing that is over at once


def owe_opened(alerts: Iterable[Alert], now: datetime) -> None:
    """To whom the rules name. Inside the transaction that opens them."""
    alerts = list(alerts)
    if not alerts:
        return
    rules = list(
        AlertRule.objects.prefetch_related(
            Prefetch("locations", Location.objects.only("pk")),
            "subscribers",
            Prefetch("webhooks", Webhook.objects.filter(switched_off="")),
        )
    )
    for alert in alerts:
        ours = [rule for rule in rules if concerns(rule, alert)]
        users = {user.pk for rule in ours for user in rule.subscribers.all()}
        hooks = {hook.pk for rule in ours for hook in rule.webhooks.all()}
        Notice.objects.bulk_create(
            [*(_mail(alert, Event.OPENED, pk, now) for pk in sorted(users)),
             *(_call(alert, Event.OPENED, pk, now) for pk in sorted(hooks))]
        )  # fmt: skip


def owe_resolved(alerts: Iterable[Alert], now: datetime) -> None:
    """To whom was told, or is being told, that it opened. A mail that has not gone out yet need
    not go any more. Inside the transaction that closes them."""
    closed = {alert.pk: alert for alert in alerts}
    opened = Notice.objects.filter(alert_id__in=closed, event=Event.OPENED).select_for_update()
    opened.filter(user__isnull=False, attempts=0, due_at__isnull=False).delete()
    for notice in opened.exclude(delivered_at=None, due_at=None):  # nobody heard of those
        alert = closed[notice.alert_id or 0]
        if notice.user_id is not None:
            _mail(alert, Event.RESOLVED, notice.user_id, now).save()
        elif notice.webhook_id is not None:
            _call(alert, Event.RESOLVED, notice.webhook_id, now).save()


def concerns(rule: AlertRule, alert: Alert) -> bool:
    places = {location.pk for location in rule.locations.all()}
    return (
        (not rule.kinds or alert.kind in rule.kinds)
        and alert.severity >= rule.least_severity
        and (not places or alert.location_id in places)
    )


def owe_test(*, webhook: Webhook, now: datetime) -> Notice:
    """A message that tells of nothing, to see whether it arrives."""
    body = {"type": "alert.test", "timestamp": now.isoformat(), "data": {"text": "This is a test."}}
    return Notice.objects.create(
        event=Event.TEST, webhook=webhook, body=body, created_at=now, due_at=now
    )


def _mail(alert: Alert, event: Event, user_id: int, now: datetime) -> Notice:
    return Notice(alert=alert, event=event, user_id=user_id, created_at=now, due_at=now + GATHERS)


def _call(alert: Alert, event: Event, webhook_id: int, now: datetime) -> Notice:
    return Notice(
        alert=alert, event=event, webhook_id=webhook_id, created_at=now, due_at=now,
        body=_body(alert, event, now),
    )  # fmt: skip


def _body(alert: Alert, event: Event, now: datetime) -> dict[str, Any]:
    """As REST names things."""
    words = said(alert)
    return {
        "type": f"alert.{event}",
        "timestamp": now.isoformat(),
        "data": {
            "id": alert.pk,
            "kind": alert.kind,
            "severity": Severity(alert.severity).word,
            "location_id": alert.location.ocpi_id if alert.location else None,
            "text": words.what,
            "details": words.more,
            "facts": alert.facts,
            "since": alert.since.isoformat(),
            "opened_at": alert.opened_at.isoformat(),
            "closed_at": now.isoformat() if event == Event.RESOLVED else None,
        },
    }
