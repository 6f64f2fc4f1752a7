"""What beat does for the driver's journey: one line each over a service."""

from celery import shared_task
from django.utils import timezone

from booking import services


@shared_task
def ensure_partitions() -> None:
    services.ensure_partitions(now=timezone.now())


@shared_task
def price_running_sessions() -> int:
    return services.price_running_sessions(now=timezone.now())


@shared_task
def issue_missing_cdrs() -> int:
    return services.issue_missing_cdrs(now=timezone.now())


@shared_task
def forget_rulings() -> int:
    return services.forget_rulings(now=timezone.now())


@shared_task
def close_forgotten_sessions() -> int:
    return services.close_forgotten_sessions(now=timezone.now())


@shared_task
def hold_due_reservations() -> int:
    return services.hold_due_reservations(now=timezone.now())


@shared_task
def hold_again() -> int:
    return services.hold_again(now=timezone.now())


@shared_task
def ask_again() -> int:
    return services.ask_again(now=timezone.now())


@shared_task
def settle_holds() -> int:
    return services.settle_holds(now=timezone.now())


@shared_task
def end_reservations() -> int:
    return services.end_reservations(now=timezone.now())


@shared_task
def sync_local_lists() -> int:
    return services.sync_local_lists(now=timezone.now())
