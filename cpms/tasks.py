"""What beat does for the deployment as a whole."""

from celery import shared_task
from django.utils import timezone

from cpms import pulse


@shared_task
def note_beat() -> None:
    pulse.note_beat(now=timezone.now())
