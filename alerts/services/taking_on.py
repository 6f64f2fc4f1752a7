"""A person takes an alert on, for good or for a while, or hands it back."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from alerts.errors import AlertClosed, SnoozeEnded, UnknownAlert
from alerts.events import AlertsChanged
from alerts.models import Alert
from cpms.kernel import events

LONGEST_SNOOZE = timedelta(days=30)


@transaction.atomic
def take_on(
    *, alert_id: int, user: User, now: datetime, note: str = "", until: datetime | None = None
) -> Alert:
    """It waits for nobody any more; with `until`, until then. Raises UnknownAlert, AlertClosed,
    SnoozeEnded."""
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise SnoozeEnded
    alert = _open(alert_id)
    alert.acknowledged_at, alert.acknowledged_by = now, user
    alert.snoozed_until, alert.note = until, note.strip()
    return _stored(alert)


@transaction.atomic
def hand_back(*, alert_id: int) -> Alert:
    """It waits for a person again; the note stays. Raises UnknownAlert, AlertClosed."""
    alert = _open(alert_id)
    alert.acknowledged_at = alert.acknowledged_by = alert.snoozed_until = None
    return _stored(alert)


def _open(alert_id: int) -> Alert:
    """Held until the transaction ends. Raises UnknownAlert, AlertClosed."""
    alert = Alert.objects.select_for_update(no_key=True).filter(pk=alert_id).first()
    if alert is None:
        raise UnknownAlert
    if alert.closed_at is not None:
        raise AlertClosed
    return alert


def _stored(alert: Alert) -> Alert:
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "snoozed_until", "note"])
    events.publish(AlertsChanged())
    return alert
