"""What beat does for DSOs: one line each over a service. Each DSO is spoken to in a task of its
own, so that a slow one delays nobody."""

from celery import shared_task
from django.utils import timezone

from cpms.kernel.errors import DomainError
from dso.services import feeds, polling, presence, reporting, sending


@shared_task
def note_absences() -> int:
    return presence.note_absences(now=timezone.now())


@shared_task
def start_work() -> None:
    """Whatever is due by now."""
    now = timezone.now()
    reporting.report_due(now=now)
    for dso_id in polling.due_to_read(now=now):
        poll.delay(dso_id)
    for dso_id in sending.due_to_send(now=now):
        send_owed.delay(dso_id)
    for dso_id in sending.due_to_beat(now=now):
        beat.delay(dso_id)


@shared_task
def poll(dso_id: int) -> None:
    try:
        polling.poll(dso_id=dso_id)
    except DomainError:
        return  # noted with the DSO


@shared_task
def send_owed(dso_id: int) -> int:
    return sending.send_owed(dso_id=dso_id)


@shared_task
def beat(dso_id: int) -> None:
    sending.beat(dso_id=dso_id, now=timezone.now())


@shared_task
def read_feeds() -> int:
    return feeds.read_feeds(now=timezone.now())


@shared_task
def forget_messages() -> int:
    return presence.forget_messages(now=timezone.now())
