"""What beat does for stations: one line each over a service."""

from celery import shared_task
from django.utils import timezone

from stations.services import availability, commands, gateways, partitions, refusals


@shared_task
def expire_commands() -> int:
    return commands.expire_commands(now=timezone.now())


@shared_task
def forget_dead_gateways() -> int:
    return gateways.forget_dead_gateways(now=timezone.now())


@shared_task
def end_maintenance() -> int:
    return availability.end_maintenance(now=timezone.now())


@shared_task
def drop_old_messages() -> int:
    return partitions.drop_old_messages(now=timezone.now())


@shared_task
def forget_refusals() -> int:
    return refusals.forget_refusals()
