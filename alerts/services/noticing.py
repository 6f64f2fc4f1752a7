"""Alerts open and close by looking at what is so, not by hearing of what happened: nothing is
missed, whoever died when."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from alerts.enums import Kind
from alerts.events import AlertsChanged
from alerts.models import Alert
from alerts.selectors.problems import FINDERS, Problem
from alerts.services.telling import owe_opened, owe_resolved
from cpms.kernel import events

log = logging.getLogger(__name__)

ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext(%s))"


def notice_all(*, now: datetime) -> int:
    """Look at everything, kind by kind. Returns how many alerts opened or closed. What fails for
    one kind leaves the others alone."""
    return sum(_notice(kind, now) for kind in FINDERS)


def _notice(kind: Kind, now: datetime) -> int:
    try:
        with transaction.atomic():
            return _compared(kind, now) if _is_alone(kind) else 0
    except DatabaseError:
        log.exception("alerts not looked for", extra={"kind": kind.value})
        return 0


def _is_alone(kind: Kind) -> bool:
    """Whether nobody else looks at this kind now; until the transaction ends nobody will."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [f"alerts {kind}"])
        row: tuple[bool] = cursor.fetchone()
    return row[0]


def _compared(kind: Kind, now: datetime) -> int:
    """Open what is new, close what is over, bring up to date what goes on."""
    found = {problem.subject: problem for problem in FINDERS[kind](now)}
    held = {
        alert.subject: alert for alert in Alert.objects.open().filter(kind=kind).select_for_update()
    }
    opened = open_all(kind, [found[name] for name in found.keys() - held.keys()], now)
    closed = close_all([held[name] for name in held.keys() - found.keys()], now)
    going_on = [(held[name], found[name]) for name in held.keys() & found.keys()]
    changed = [alert for alert, problem in going_on if _take_over(alert, problem)]
    Alert.objects.bulk_update(changed, ["severity", "facts", "location"], batch_size=500)
    if opened or closed or changed:
        events.publish(AlertsChanged())
    return len(opened) + len(closed)


def open_all(kind: Kind, problems: Iterable[Problem], now: datetime) -> list[Alert]:
    """Inside a transaction that is the only one at this kind."""
    made = Alert.objects.bulk_create(
        Alert(
            kind=kind,
            subject=problem.subject,
            severity=problem.severity,
            location_id=problem.location_id,
            facts=problem.facts,
            since=min(problem.since or now, now),
            opened_at=now,
        )
        for problem in problems
    )
    owe_opened(made, now)
    return made


def close_all(alerts: list[Alert], now: datetime) -> list[Alert]:
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(closed_at=now)
    owe_resolved(alerts, now)
    return alerts


def _take_over(alert: Alert, problem: Problem) -> bool:
    """Whether there is anything new to say."""
    before = (alert.severity, alert.facts, alert.location_id)
    alert.severity, alert.facts = problem.severity, problem.facts
    alert.location_id = problem.location_id
    return before != (alert.severity, alert.facts, alert.location_id)
