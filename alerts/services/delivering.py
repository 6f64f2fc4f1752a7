"""What webhooks are owed, each in order: what cannot be delivered now holds up what comes after,
until nobody needs to hear it any more. A webhook that takes nothing for days is switched off."""

from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from alerts.domain import signing
from alerts.domain.retrying import SWITCH_OFF, next_try
from alerts.models import Notice, Webhook
from cpms.egress import EgressFailed, EgressRefused, Request, fetch
from cpms.kernel.sealing import BrokenSeal, unseal

LEASE = timedelta(seconds=30)
MOST_AT_ONCE = 100
GONE = 410
SUCCESS = range(200, 300)


def due_webhooks(*, now: datetime) -> list[int]:
    """Webhooks that something is due to."""
    due = Notice.objects.filter(webhook__isnull=False, due_at__lte=now).order_by()
    return sorted(set(due.values_list("webhook_id", flat=True)) - {None})


def deliver_due(*, webhook_id: int) -> int:
    """Send one webhook what is due to it, until it does not take something. Returns how much it
    took. Outside any transaction."""
    for taken in range(MOST_AT_ONCE):
        notice = _claimed(webhook_id, timezone.now())
        if notice is None or not _deliver(notice):
            return taken
    return MOST_AT_ONCE


@transaction.atomic
def _claimed(webhook_id: int, now: datetime) -> Notice | None:
    """The first that is owed, if it is due; nobody else sends it until the lease runs out."""
    webhook = Webhook.objects.select_for_update().filter(pk=webhook_id, switched_off="").first()
    owed = Notice.objects.filter(webhook=webhook, due_at__isnull=False)
    first = owed.order_by("created_at", "pk").first() if webhook else None
    if first is None or first.due_at is None or first.due_at > now:
        return None
    first.attempts, first.due_at = first.attempts + 1, now + LEASE
    first.save(update_fields=["attempts", "due_at"])
    return first


def _deliver(notice: Notice) -> bool:
    webhook = notice.webhook
    assert webhook is not None
    body = orjson.dumps(notice.body)
    status: int | None = None
    try:
        headers = signing.headers(
            secret=secret_of(webhook),
            message_id=str(notice.pk),
            timestamp=int(timezone.now().timestamp()),
            body=body,
        )
        content = {"Content-Type": "application/json", "User-Agent": "eMall-CPMS"}
        status = fetch(Request("POST", webhook.url, {**headers, **content}, body)).status
        error = "" if status in SUCCESS else f"It answered HTTP {status}."
    except (EgressRefused, EgressFailed, BrokenSeal) as fault:
        error = fault.text
    return settle(notice_id=notice.pk, status=status, error=error, now=timezone.now())


@transaction.atomic
def settle(*, notice_id: UUID, status: int | None, error: str, now: datetime) -> bool:
    """Note how a delivery went; no error: it was taken."""
    notice = Notice.objects.select_for_update().get(pk=notice_id)
    notice.http_status, notice.error = status, error[:200]
    webhook = notice.webhook
    assert webhook is not None
    if not error:
        notice.due_at, notice.delivered_at = None, now
        Webhook.objects.filter(pk=webhook.pk).update(failing_since=None)
    else:
        notice.due_at = next_try(attempts=notice.attempts, owed_since=notice.created_at, now=now)
    notice.save(update_fields=["http_status", "error", "due_at", "delivered_at"])
    if error:  # after it is stored: this may settle all that is owed
        _note_failure(webhook, status, error, now)
    return not error


def _note_failure(webhook: Webhook, status: int | None, error: str, now: datetime) -> None:
    since = webhook.failing_since or now
    Webhook.objects.filter(pk=webhook.pk, failing_since=None).update(failing_since=now)
    if status == GONE or now - since >= SWITCH_OFF:
        switch_off(webhook=webhook, reason=error)


def switch_off(*, webhook: Webhook, reason: str) -> None:
    """Send it nothing any more, and forget what is owed to it."""
    Webhook.objects.filter(pk=webhook.pk).update(switched_off=reason[:200])
    Notice.objects.filter(webhook=webhook, due_at__isnull=False).update(
        due_at=None, error="The webhook was switched off."
    )


def secret_of(webhook: Webhook) -> str:
    """Raises BrokenSeal."""
    return unseal(webhook.secret, seal_context(webhook), settings.SECRET_KEY)


def seal_context(webhook: Webhook) -> str:
    return f"alerts webhook {webhook.pk}"
