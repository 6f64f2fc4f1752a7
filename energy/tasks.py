"""What beat does for energy: one line each over a service."""

from celery import shared_task
from django.utils import timezone

from energy import services


@shared_task
def watch_profiles() -> int:
    return services.watch_profiles(now=timezone.now())


@shared_task
def share_power() -> int:
    return services.share_due(now=timezone.now())


@shared_task
def keep_defaults() -> int:
    return services.keep_defaults(now=timezone.now())


@shared_task
def dispatch_due() -> int:
    return services.dispatch_due(now=timezone.now())


@shared_task
def leave_out_unread() -> int:
    return services.leave_out_unread(now=timezone.now())


@shared_task
def mark_all_due() -> int:
    return services.mark_all_due(now=timezone.now())


@shared_task
def read_main_meters() -> int:
    return services.read_main_meters(now=timezone.now())


@shared_task
def take_price_files() -> int:
    return services.take_price_files(now=timezone.now())


@shared_task
def forget_price_files() -> int:
    return services.forget_price_files(now=timezone.now())


@shared_task
def forget_steps() -> int:
    return services.forget_steps(now=timezone.now())


@shared_task
def publish_due() -> int:
    return services.publish_due(now=timezone.now())


@shared_task
def forget_setpoints() -> int:
    return services.forget_setpoints(now=timezone.now())


@shared_task
def abandon_tests() -> int:
    return services.abandon_tests(now=timezone.now())
