"""What beat does for partners: one line each over a service."""

from celery import shared_task
from django.utils import timezone

from ocpi.services import calendars, changes, hubs, messages, pulling, pushing, results


@shared_task
def spread_changes() -> int:
    return changes.spread_changes(now=timezone.now())


@shared_task
def start_pushes() -> int:
    return pushing.start_pushes(now=timezone.now())


@shared_task
def start_results() -> int:
    return results.start_results(now=timezone.now())


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
def read_hubs() -> int:
    return hubs.read_hubs(read=hubs.clients_in)
