from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.errors import ReplacedSocket
from booking.models import Cdr, ChargingSession, StartRequest, Transaction, UnmatchedStop
from booking.services import Started, start_transactions, stop_transactions
from stations.errors import UnknownEvse
from stations.models import StationConnection
from tests.factories.booking import (
    NOON,
    SessionFactory,
    TokenFactory,
    TransactionFactory,
    start_of,
    stop_of,
)
from tests.factories.stations import ConnectorFactory, EvseFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def start(*facts, now=NOON):
    return start_transactions(facts=facts, now=now)


def told(answers):
    """Answers as comparable values; a transaction's id as its session's place in the list."""
    known = dict(Transaction.objects.order_by("pk").values_list("reference", "session_id"))
    order = list(dict.fromkeys(known.values()))
    return [
        (order.index(known[str(answer.reference)]), str(answer.authorization.status))
        if isinstance(answer, Started)
        else answer.code
        for answer in answers
    ]


def test_a_start_becomes_a_session_with_all_that_is_known():
    evse, token = EvseFactory(), TokenFactory(uid="04a1b2c3")

    (answer,) = start(start_of(evse))

    session = ChargingSession.objects.get()
    assert (session.evse, session.token, session.id_token, session.status) == (
        evse,
        token,
        "04A1B2C3",
        "ACTIVE",
    )
    assert (session.started_at, session.meter_start_wh, session.ended_at) == (NOON, 1_000, None)
    assert (session.auth_method, session.flags, session.energy_wh) == ("WHITELIST", [], 0)
    began = Transaction.objects.get()
    assert (began.station_id, began.reference, began.session_id, began.evse_number) == (
        evse.station_id,
        str(answer.reference),
        session.pk,
        evse.number,
    )
    assert 0 < answer.reference < 2**31


def test_many_starts_get_their_own_answers_in_order():
    TokenFactory(uid="GOOD")
    TokenFactory(uid="BAD", status="Blocked")
    one, other, third = EvseFactory.create_batch(3)
    nowhere = replace(start_of(one), evse_number=99)

    answers = start(
        start_of(one, id_token="good"),
        nowhere,
        start_of(other, id_token="BAD"),
        start_of(third, id_token="WHO"),
    )

    assert told(answers) == [(0, "Accepted"), "unknown_evse", (1, "Blocked"), (2, "Invalid")]
    assert list(ChargingSession.objects.order_by("created_at", "id_token").values_list(
        "id_token", "flags")) == [
            ("BAD", ["not_authorized"]), ("WHO", ["not_authorized"]), ("good", [])
        ]  # fmt: skip


def test_the_same_start_again_is_the_same_transaction():
    evse = EvseFactory()
    fact = start_of(evse)

    answers = [*start(fact, fact), *start(fact), *start(fact, now=NOON + timedelta(days=1))]

    assert len({answer.reference for answer in answers}) == 1
    assert (Transaction.objects.count(), ChargingSession.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"started_at": NOON + MINUTE},
        {"id_token": "OTHER"},
        {"meter_start_wh": 1_500},
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_another_start_at_the_evse_ends_what_ran_there(change, at_once):
    evse = EvseFactory()
    first, second = start_of(evse), start_of(evse, **change)
    now = NOON + 2 * MINUTE

    answers = (
        start(first, second, now=now)
        if at_once
        else [*start(first, now=now), *start(second, now=now)]
    )

    assert answers[0].reference != answers[1].reference
    rows = ChargingSession.objects.order_by("status").values_list("status", "flags", "energy_wh")
    assert [(status, "stop_unknown" in flags, wh) for status, flags, wh in rows] == [
        ("ACTIVE", False, 0),
        ("COMPLETED", True, 0),
    ]
    assert [cdr.session.status for cdr in Cdr.objects.all()] == ["COMPLETED"]


def test_a_missed_stop_ends_at_the_last_meter_value_with_what_was_measured():
    running = SessionFactory(energy_wh=7_000, last_meter_at=NOON + 30 * MINUTE)

    start(start_of(running.evse, started_at=NOON + 60 * MINUTE), now=NOON + 61 * MINUTE)

    running.refresh_from_db()
    assert (running.status, running.ended_at, running.energy_wh, running.meter_stop_wh) == (
        "COMPLETED",
        NOON + 30 * MINUTE,
        7_000,
        8_000,
    )
    assert (running.stop_reason, running.flags) == ("Unknown", ["stop_unknown"])
    assert running.cdr.energy_wh == 7_000


def test_without_meter_values_a_missed_stop_is_at_the_next_start():
    running = SessionFactory()

    start(start_of(running.evse, started_at=NOON + 60 * MINUTE), now=NOON + 90 * MINUTE)

    running.refresh_from_db()
    assert (running.ended_at, running.energy_wh) == (NOON + 60 * MINUTE, 0)


def test_a_wrong_clock_is_replaced_by_ours_and_the_retry_is_still_known():
    evse = EvseFactory()
    fact = start_of(evse, started_at=NOON - timedelta(days=20_000))

    first, again = [*start(fact), *start(fact, now=NOON + MINUTE)]

    assert first.reference == again.reference
    assert ChargingSession.objects.values_list("started_at", "flags").get() == (
        NOON,
        ["clock_wrong", "not_authorized"],
    )


@pytest.mark.parametrize(("epoch", "is_stored"), [(0, True), (7, True), (6, False), (8, False)])
def test_only_the_present_socket_starts(epoch, is_stored):
    evse = EvseFactory()
    StationConnection.objects.filter(station=evse.station).update(epoch=7)

    (answer,) = start(start_of(evse, epoch=epoch))

    assert isinstance(answer, Started if is_stored else ReplacedSocket)
    assert ChargingSession.objects.count() == int(is_stored)


def test_a_number_that_only_another_station_has_is_unknown():
    mine, _theirs = EvseFactory(number=1), EvseFactory(number=2)

    answers = start(replace(start_of(mine), evse_number=2))

    assert [type(answer) for answer in answers] == [UnknownEvse]


@pytest.mark.parametrize(
    ("asked", "is_theirs"),
    [
        ({}, True),
        ({"id_token": "04a1b2c3"}, True),
        ({"id_token": "OTHER"}, False),
        ({"expires_at": NOON}, False),
    ],
)
def test_a_requested_start_bears_the_request(asked, is_theirs):
    evse = EvseFactory()
    values = {"id_token": "04A1B2C3", "expires_at": NOON + MINUTE, **asked}
    request = StartRequest.objects.create(evse=evse, authorization_reference="REF", **values)

    start(start_of(evse))

    session = ChargingSession.objects.get()
    request.refresh_from_db()
    assert (session.auth_method, session.authorization_reference, request.session) == (
        ("COMMAND", "REF", session) if is_theirs else ("WHITELIST", "", None)
    )


def test_a_request_serves_one_session():
    evse = EvseFactory()
    StartRequest.objects.create(evse=evse, id_token="04A1B2C3", expires_at=NOON + 5 * MINUTE)
    start(start_of(evse))

    start(start_of(evse, started_at=NOON + MINUTE), now=NOON + MINUTE)

    assert list(ChargingSession.objects.order_by("started_at").values_list("auth_method")) == [
        ("COMMAND",),
        ("WHITELIST",),
    ]


@pytest.mark.parametrize("named", ["", "04A1B2C3", "04a1b2c3"])
def test_a_stop_that_came_first_ends_the_session_at_its_start(named):
    evse = EvseFactory()
    ConnectorFactory(evse=evse)
    stop_transactions(facts=[stop_of(evse, -1, id_token=named)], now=NOON + 61 * MINUTE)

    (answer,) = start(start_of(evse), now=NOON + 62 * MINUTE)

    session = ChargingSession.objects.get()
    assert (session.status, session.ended_at, session.energy_wh) == (
        "COMPLETED",
        NOON + 60 * MINUTE,
        10_000,
    )
    assert "stop_before_start" in session.flags
    assert UnmatchedStop.objects.get().session == session
    assert Transaction.objects.values_list("reference", "stopped_at").get() == (
        str(answer.reference),
        NOON + 60 * MINUTE,
    )
    assert Cdr.objects.get().energy_wh == 10_000


@pytest.mark.parametrize(
    "stop",
    [
        {"stopped_at": NOON - MINUTE},
        {"meter_stop_wh": 999},
        {"id_token": "OTHER"},
        {"stopped_at": NOON + timedelta(days=365 * 50)},  # a clock that was wrong
    ],
)
def test_a_stop_of_something_else_does_not_end_it(stop):
    evse = EvseFactory()
    stop_transactions(facts=[stop_of(evse, -1, **stop)], now=NOON - MINUTE)

    start(start_of(evse))

    assert ChargingSession.objects.get().status == "ACTIVE"


def test_a_stop_does_not_end_a_start_of_another_age():
    """A station that lost its clock begins in 1970; an old stop is none of that session's."""
    evse = EvseFactory()
    stop_transactions(facts=[stop_of(evse, -1)], now=NOON + 60 * MINUTE)

    start(start_of(evse, started_at=NOON - timedelta(days=20_000)), now=NOON + 90 * MINUTE)

    assert ChargingSession.objects.get().status == "ACTIVE"


def test_another_stations_stop_does_not_end_it():
    evse, theirs = EvseFactory(), EvseFactory()
    stop_transactions(facts=[stop_of(theirs, -1)], now=NOON)

    start(start_of(evse))

    assert ChargingSession.objects.get().status == "ACTIVE"


def test_a_start_of_a_session_that_ended_long_ago_is_answered_and_changes_nothing():
    session = SessionFactory(ended=True)
    begun = TransactionFactory(session=session, stopped_at=NOON + 60 * MINUTE)

    (answer,) = start(start_of(session.evse, id_token=session.id_token))

    assert (answer.reference, ChargingSession.objects.count()) == (int(begun.reference), 1)


def test_twenty_usual_starts_take_as_many_queries_as_one():
    TokenFactory(uid="04A1B2C3")
    one, *twenty = [start_of(evse) for evse in EvseFactory.create_batch(21)]

    with CaptureQueriesContext(connection) as few:
        start(one)
    with CaptureQueriesContext(connection) as many:
        start(*twenty)

    assert len(many) == len(few)
