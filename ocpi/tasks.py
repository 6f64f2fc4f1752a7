"""What workers do for partners: beat's tasks, one line each over a service, and the courier, which
needs no beat."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.utils import timezone

from ocpi import courier
from ocpi.services import calendars, changes, documents, hubs, messages, pulling, results


@worker_ready.connect
def start_courier(**_: Any) -> None:
    courier.start()


@worker_shutdown.connect
def stop_courier(**_: Any) -> None:
    courier.stop()


@shared_task
def forget_commands() -> int:
    return results.forget_commands(now=timezone.now())


@shared_task
def start_pulls() -> int:
    return pulling.start_pulls(now=timezone.now())


@shared_task
def owe_progress() -> int:
    return changes.owe_progress(now=timezone.now())


@shared_task
def drop_old_messages() -> int:
    return messages.drop_old_messages(now=timezone.now())


@shared_task
def note_due_calendars() -> int:
    return calendars.note_due_calendars(now=timezone.now())


@shared_task
def draw_documents() -> int:
    return documents.draw_documents()


@shared_task
def read_hubs() -> int:
    return hubs.read_hubs(read=hubs.clients_in)
