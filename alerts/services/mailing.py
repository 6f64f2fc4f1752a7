"""Mails to subscribers: all that is due to one of them in one mail."""

import logging
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation

from accounts.adapters import public
from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from alerts.domain.retrying import next_try
from alerts.enums import Event
from alerts.models import Notice
from alerts.words import said
from cpms.languages import language_of

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MOST_IN_ONE = 200


def mail_due(*, now: datetime) -> int:
    """Send what is due, each subscriber's in one mail. Returns how many mails."""
    due = Notice.objects.filter(user__isnull=False, due_at__lte=now).order_by()
    users = User.objects.filter(pk__in=due.values("user_id"))
    return sum(_mail(user, now) for user in users.order_by("pk"))


def _mail(user: User, now: datetime) -> bool:
    notices = _claimed(user, now)
    if not notices:
        return False
    ours = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    if not has_role(user, Role.VIEWER):
        ours.update(due_at=None, error="They may not read alerts any more.")
        return False
    try:
        _written(user, notices).send()
    except OSError as fault:  # smtplib's faults among them
        log.warning("alerts not mailed", extra={"fault": str(fault)})
        for notice in notices:
            again = next_try(attempts=notice.attempts, owed_since=notice.created_at, now=now)
            Notice.objects.filter(pk=notice.pk).update(due_at=again, error=str(fault)[:200])
        return False
    ours.update(due_at=None, delivered_at=now, error="")
    return True


def _written(user: User, notices: list[Notice]) -> EmailMessage:
    """The mail, in the user's language."""
    told = [(one.event, one.alert) for one in notices if one.alert]
    with translation.override(language_of(user, {}, "")):
        facts = {
            "opened": [said(alert) for event, alert in told if event == Event.OPENED],
            "over": [said(alert) for event, alert in told if event == Event.RESOLVED],
            "alerts_url": public(reverse("alerts")),
            "rules_url": public(reverse("alert-rules")),
        }
        mail: EmailMessage = get_adapter().render_mail("alerts/email/alerts", user.email, facts)
    return mail


@transaction.atomic
def _claimed(user: User, now: datetime) -> list[Notice]:
    """What is due to a subscriber; nobody else sends it until the lease runs out."""
    due = Notice.objects.filter(user=user, due_at__lte=now).order_by("created_at", "pk")
    keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:MOST_IN_ONE])
    Notice.objects.filter(pk__in=keys).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    mine = Notice.objects.filter(pk__in=keys).order_by("created_at", "pk")
    return list(mine.select_related("alert__location"))
