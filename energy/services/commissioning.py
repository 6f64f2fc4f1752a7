"""Commissioning tests: asked for by people, done by the poller."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from cpms import wakeups
from cpms.kernel import events
from energy.enums import Sign, SignTestState
from energy.errors import AlreadyTested, BatteryOutOfPlan
from energy.events import BatteryChanged
from energy.models import Battery, CommissioningTest
from energy.services.setpoints import WAKE_UP

LONGEST = timedelta(minutes=10)


@transaction.atomic
def ask_test(*, battery: Battery, now: datetime, asked_by: User | None = None) -> CommissioningTest:
    """Have the poller find out which way a battery counts. Raises BatteryOutOfPlan for one that
    is switched off, AlreadyTested."""
    if not battery.is_enabled:
        raise BatteryOutOfPlan(reason=battery.out_of_plan, battery=battery.pk)
    abandon_tests(now=now)
    try:
        with transaction.atomic():
            test = CommissioningTest.objects.create(
                battery=battery, asked_at=now, asked_by=asked_by
            )
    except IntegrityError as fault:
        raise AlreadyTested(battery=battery.pk) from fault
    transaction.on_commit(lambda: wakeups.publish(WAKE_UP, {}))
    events.publish(BatteryChanged(battery.location_id))
    return test


def note_step(*, test: CommissioningTest, text: str, now: datetime) -> None:
    """Write down what the poller does."""
    test.steps = [*test.steps, {"at": now.isoformat(timespec="seconds"), "text": text}]
    test.state = SignTestState.RUNNING
    test.save(update_fields=["steps", "state"])
    events.publish(BatteryChanged(test.battery.location_id))


@transaction.atomic
def end_test(*, test: CommissioningTest, sign: Sign | None, now: datetime) -> None:
    """With the sign that was found; None: it failed."""
    test.state = SignTestState.PASSED if sign else SignTestState.FAILED
    test.ended_at = now
    test.save(update_fields=["state", "ended_at"])
    if sign:
        Battery.objects.filter(pk=test.battery_id).update(sign=sign)
    events.publish(BatteryChanged(test.battery.location_id))


def abandon_tests(*, now: datetime) -> int:
    """End what nobody ended: the poller did not run, or stopped. Returns how many."""
    open_ones = CommissioningTest.objects.filter(
        state__in=[SignTestState.WAITING, SignTestState.RUNNING], asked_at__lt=now - LONGEST
    )
    return open_ones.update(state=SignTestState.FAILED, ended_at=now)
