"""What beat does for alerts: one line each over a service."""

from celery import shared_task
from django.utils import timezone

from alerts import services


@shared_task
def notice_all() -> int:
    return services.notice_all(now=timezone.now())


@shared_task
def mail_due() -> int:
    return services.mail_due(now=timezone.now())


@shared_task
def start_deliveries() -> None:
    """Each webhook in a task of its own, so that a slow one delays nobody."""
    for webhook_id in services.due_webhooks(now=timezone.now()):
        deliver_due.delay(webhook_id)


@shared_task
def deliver_due(webhook_id: int) -> int:
    return services.deliver_due(webhook_id=webhook_id)


@shared_task
def forget_notices() -> int:
    return services.forget_notices(now=timezone.now())
