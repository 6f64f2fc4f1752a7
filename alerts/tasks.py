"""What beat does for alerts: one line each over a service."""

from celery import shared_task
from django.utils import timezone

from alerts import services


@shared_task
def notice_all() -> int:
    return services.notice_all(now=timezone.now())
