"""Whoever must hear of something hears of it at once, and waits for nobody else."""

import queue
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from booking.events import SessionStarted
from cpms import wakeups
from cpms.kernel import events
from ocpi.courier import CHANNEL, Courier
from ocpi.models import OwedPush, Partner
from ocpi.services import partners, pushing
from ocpi.services.changes import spread_changes
from ocpi.services.leases import Lease
from ocpi.services.pushing import end_pushes, push_partner, start_pushes
from ocpi.v221.edition import Edition221
from stations.events import EvseStatusChanged
from tests.factories.ocpi import roaming_session
from tests.factories.tariffs import TariffFactory
from tests.ocpi.emsp import Emsp
from tests.ocpi.test_lists import place
from tests.ocpi.test_pushing import lines, set_status

PATIENCE_S = 30
NEVER_S = 3600.0
MORE_THAN_ANY_POOL = 6


def until(holds):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def nobody_pushes():
    return not Partner.objects.exclude(pushing_until=None).exists()


@pytest.fixture
def courier(transactional_db):
    """One that never looks unless it is woken, and hears."""
    made = Courier(sweep_s=NEVER_S)
    made.start()
    name = wakeups.full_name(CHANNEL).encode()
    until(lambda: dict(wakeups._client().pubsub_numsub(name))[name])
    yield made
    made.stop()
    until(nobody_pushes)


def told_of(emsp, method="PATCH", module="locations"):
    """A queue of what the eMSP is told in this way from now on."""
    told = queue.Queue()
    emsp.answers[method, module] = lambda path, body: told.put(body)
    return told


def change(evse, status):
    """As the gateway does: stored, then said."""
    set_status(evse, status)
    events.publish(EvseStatusChanged(evse.pk, evse.station_id, evse.location_id, status))


def test_a_wake_up_is_all_it_needs(emsp, partner, courier):
    evse, told, put = place(), told_of(emsp), told_of(emsp, "PUT")
    events.publish(SessionStarted(evse.pk, evse.pk, evse.location_id))
    put.get(timeout=PATIENCE_S)
    seen = []
    for status in ("Charging", "Faulted", "Available"):
        change(evse, status)
        seen.append(told.get(timeout=PATIENCE_S)["status"])

    assert seen == ["CHARGING", "OUTOFORDER", "AVAILABLE"]


def test_partners_that_hang_hold_nobody_up(emsp, partner, courier):
    """More of them than there are database connections in the pool or slots of a worker."""
    hang, hanging = threading.Event(), []
    told, put = told_of(emsp), told_of(emsp, "PUT")
    try:
        for number in range(MORE_THAN_ANY_POOL):
            slow = Emsp(party=f"SL{number}").__enter__()
            hanging.append(slow)
            slow.register(partners.invite(name=slow.party, now=timezone.now()))
            slow.answers["PUT", "locations"] = lambda *_: hang.wait(PATIENCE_S)
        evse = place()
        change(evse, "Available")
        put.get(timeout=PATIENCE_S)
        until(lambda: all(one.requests[-1][0] == "PUT" for one in hanging))
        for status in ("Charging", "Available", "Charging"):
            change(evse, status)
            told.get(timeout=PATIENCE_S)

        assert [one.received for one in hanging] == [[]] * MORE_THAN_ANY_POOL
    finally:
        hang.set()
        until(nobody_pushes)
        for one in hanging:
            one.__exit__()


def test_a_look_that_fails_is_not_the_last():
    looks = queue.Queue()

    def look():
        looks.put(None)
        raise ConnectionError

    made = Courier(look, sweep_s=0.01)
    made.start()
    for _ in range(3):
        looks.get(timeout=PATIENCE_S)
    made.stop()


def test_what_comes_as_a_pusher_leaves_is_pushed(emsp, partner, monkeypatch):
    evse, told = place(), told_of(emsp)
    leave = Lease.give_back

    def overtaken(lease):
        monkeypatch.setattr(Lease, "give_back", leave)
        set_status(evse, "Charging")
        spread_changes(now=timezone.now())
        leave(lease)

    monkeypatch.setattr(Lease, "give_back", overtaken)
    spread_changes(now=timezone.now())

    assert start_pushes(now=timezone.now()) == 1
    assert told.get(timeout=PATIENCE_S)["status"] == "CHARGING"
    until(nobody_pushes)


def test_a_worker_that_ends_leaves_no_lease(emsp, partner, monkeypatch):
    monkeypatch.setattr(pushing, "_closing", threading.Event())
    place()
    TariffFactory(ocpi_id="AC1")
    arrived, go_on = threading.Event(), threading.Event()

    def slow(path, body):
        arrived.set()
        go_on.wait(PATIENCE_S)

    emsp.answers["PUT", "locations"] = emsp.answers["PUT", "tariffs"] = slow
    spread_changes(now=timezone.now())
    start_pushes(now=timezone.now())
    arrived.wait(PATIENCE_S)
    end_pushes(within_s=0)
    go_on.set()
    until(nobody_pushes)

    assert (len(emsp.received), OwedPush.objects.exclude(due_at=None).count()) == (1, 1)
    assert start_pushes(now=timezone.now()) == 0


def test_drivers_news_goes_before_places(emsp, partner):
    place()
    spread_changes(now=timezone.now())
    roaming_session()
    spread_changes(now=timezone.now())

    push_partner(partner_id=partner.pk)

    assert [path.split("/")[0] for _, path in lines(emsp)] == ["sessions", "locations", "locations"]


def test_what_changes_again_keeps_its_turn(partner):
    evse, now = place(), timezone.now()
    spread_changes(now=now)
    set_status(evse, "Charging")
    spread_changes(now=now + timedelta(seconds=9))

    owed = OwedPush.objects.get(module="locations")
    assert (owed.due_at, owed.revision) == (now, 2)


def test_an_object_that_cannot_be_told_withholds_no_other(emsp, partner, monkeypatch):
    plan = Edition221.plan

    def fails_once_in_two(self, module, object_id, *more):
        if object_id == "BAD":
            raise ZeroDivisionError
        return plan(self, module, object_id, *more)

    monkeypatch.setattr(Edition221, "plan", fails_once_in_two)
    for name in ("BAD", "GOOD"):
        TariffFactory(ocpi_id=name)
    now = timezone.now()
    spread_changes(now=now)

    assert push_partner(partner_id=partner.pk, clock=lambda: now) == 1
    bad = OwedPush.objects.get(object_id="BAD")
    assert (bad.due_at, bad.attempts) == (now + timedelta(seconds=1), 1)
    assert Partner.objects.get().failures == 0
