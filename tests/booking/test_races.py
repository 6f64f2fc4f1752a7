"""Twenty at once, each with a connection of its own: the database lets one through."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from booking.errors import EvseOccupied, StartAlreadyRequested
from booking.models import (
    Cdr,
    ChargingSession,
    LocalList,
    StartRequest,
    Transaction,
    UnmatchedStop,
)
from booking.services import (
    close_forgotten_sessions,
    issue_missing_cdrs,
    manage_list,
    request_start,
    start_transactions,
    stop_transactions,
    sync_local_lists,
)
from cpms.kernel.errors import DomainError
from stations.models import Evse, StationCommand, StationConnection
from tests.factories.booking import (
    NOON,
    SessionFactory,
    TokenFactory,
    TransactionFactory,
    start_of,
    stop_of,
)
from tests.factories.stations import EvseFactory, StationFactory

pytestmark = pytest.mark.django_db(transaction=True)
TWENTY = 20
LATER = NOON + timedelta(hours=2)


def at_once(*tasks):
    """What each task returned, or how it was refused, when all begin together."""
    together = Barrier(len(tasks))

    def run(task):
        try:
            together.wait(30)
            return task()
        except DomainError as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_of_twenty_starts_at_an_evse_one_session_remains_active():
    evse = EvseFactory()
    facts = [start_of(evse, id_token=f"CARD{number}") for number in range(TWENTY)]

    answers = at_once(
        *(lambda fact=fact: start_transactions(facts=[fact], now=LATER) for fact in facts)
    )

    assert len({answer.reference for [answer] in answers}) == TWENTY
    statuses = sorted(ChargingSession.objects.values_list("status", flat=True))
    assert statuses == ["ACTIVE"] + ["COMPLETED"] * 19
    assert Cdr.objects.count() == 19


def test_twenty_retries_of_one_start_are_one_transaction():
    fact = start_of(EvseFactory())

    answers = at_once(*[lambda: start_transactions(facts=[fact], now=NOON)] * TWENTY)

    assert len({answer.reference for [answer] in answers}) == 1
    assert (ChargingSession.objects.count(), Transaction.objects.count()) == (1, 1)


def test_batches_that_name_the_same_evses_in_other_orders_do_not_deadlock():
    facts = [start_of(evse) for evse in EvseFactory.create_batch(10)]

    answers = at_once(
        *[lambda: start_transactions(facts=facts, now=NOON)] * 5,
        *[lambda: start_transactions(facts=facts[::-1], now=NOON)] * 5,
    )

    one_way, other_way = answers[:5], [answer[::-1] for answer in answers[5:]]
    assert len({tuple(a.reference for a in answer) for answer in [*one_way, *other_way]}) == 1
    assert ChargingSession.objects.count() == 10


def test_twenty_stops_of_one_transaction_make_one_cdr():
    begun = TransactionFactory()
    fact = stop_of(begun.session.evse, begun.reference)

    answers = at_once(*[lambda: stop_transactions(facts=[fact], now=LATER)] * TWENTY)

    assert answers == [[None]] * TWENTY
    begun.session.refresh_from_db()
    assert (begun.session.status, begun.session.energy_wh, begun.session.flags) == (
        "COMPLETED",
        10_000,
        [],
    )
    assert (Cdr.objects.count(), UnmatchedStop.objects.count()) == (1, 0)


def test_twenty_stops_that_disagree_make_one_cdr_of_the_first():
    begun = TransactionFactory()
    facts = [
        stop_of(begun.session.evse, begun.reference, meter_stop_wh=11_000 + number)
        for number in range(TWENTY)
    ]

    at_once(*(lambda fact=fact: stop_transactions(facts=[fact], now=LATER) for fact in facts))

    begun.session.refresh_from_db()
    assert begun.session.flags == ["stop_contradicted"]
    assert Cdr.objects.get().energy_wh == begun.session.energy_wh
    assert begun.session.meter_stop_wh - begun.session.meter_start_wh == begun.session.energy_wh


def test_batches_of_stops_in_other_orders_do_not_deadlock():
    begun = [TransactionFactory() for _ in range(10)]
    facts = [stop_of(one.session.evse, one.reference) for one in begun]

    at_once(
        *[lambda: stop_transactions(facts=facts, now=LATER)] * 5,
        *[lambda: stop_transactions(facts=facts[::-1], now=LATER)] * 5,
    )

    assert set(ChargingSession.objects.values_list("status", "flags__len")) == {("COMPLETED", 0)}
    assert Cdr.objects.count() == 10


def test_a_stop_the_next_start_and_the_sweep_end_a_session_once():
    begun = TransactionFactory(session__last_meter_at=NOON + timedelta(minutes=5))
    evse = begun.session.evse
    Evse.objects.update(status="Available", status_at=NOON + timedelta(minutes=10))
    StationConnection.objects.update(connected_at=NOON)
    anew = start_of(evse, started_at=LATER)

    at_once(
        *[lambda: stop_transactions(facts=[stop_of(evse, begun.reference)], now=LATER)] * 5,
        *[lambda: start_transactions(facts=[anew], now=LATER)] * 5,
        *[lambda: close_forgotten_sessions(now=LATER)] * 5,
    )

    assert sorted(ChargingSession.objects.values_list("status", flat=True)) == [
        "ACTIVE",
        "COMPLETED",
    ]
    assert Cdr.objects.get().session == begun.session


def test_twenty_sweeps_issue_a_missing_cdr_once():
    SessionFactory(ended=True)

    at_once(*[lambda: issue_missing_cdrs(now=LATER)] * TWENTY)

    assert Cdr.objects.count() == 1


def test_of_twenty_requests_to_start_one_is_sent():
    evse = EvseFactory()
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    TokenFactory(uid="04A1B2C3")

    answers = at_once(*[lambda: request_start(evse=evse, id_token="04A1B2C3", now=NOON)] * TWENTY)

    assert answers.count(StartAlreadyRequested) == 19
    assert (StationCommand.objects.count(), StartRequest.objects.count()) == (1, 1)


def test_requests_beside_a_start_at_the_station_never_make_two_sessions():
    evse = EvseFactory()
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    TokenFactory(uid="04A1B2C3")

    answers = at_once(
        lambda: start_transactions(facts=[start_of(evse)], now=NOON),
        *[lambda: request_start(evse=evse, id_token="04A1B2C3", now=NOON)] * 9,
    )

    assert set(answers[1:]) - {StartAlreadyRequested, EvseOccupied} <= set(
        StationCommand.objects.all()
    )
    assert ChargingSession.objects.count() == 1


def test_of_twenty_who_bring_a_list_up_to_date_one_asks_the_station():
    station = StationFactory()
    StationConnection.objects.update(connected_at=NOON)

    at_once(
        *[lambda: manage_list(station=station, is_managed=True, now=NOON)] * (TWENTY // 2),
        *[lambda: sync_local_lists(now=NOON)] * (TWENTY // 2),
    )

    assert StationCommand.objects.count() == 1
    assert LocalList.objects.get().command == StationCommand.objects.get()
