from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.domain.facts import Authorization
from booking.enums import AuthorizationStatus
from booking.errors import ReplacedSocket
from booking.models import Cdr, ChargingSession, Transaction, UnmatchedStop
from booking.services import evse_number_of, start_transactions, stop_transactions
from stations.models import StationConnection
from tests.factories.booking import (
    NOON,
    SessionFactory,
    TokenFactory,
    TransactionFactory,
    start_of,
    stop_of,
)
from tests.factories.stations import EvseFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOON + 61 * MINUTE


def stop(*facts, now=LATER):
    return stop_transactions(facts=facts, now=now)


def ended(session):
    session.refresh_from_db()
    return (
        session.status,
        session.ended_at,
        session.energy_wh,
        session.meter_stop_wh,
        session.flags,
    )


def all_stored():
    """Everything that a stop may change, to see that nothing did."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (ChargingSession, Transaction, Cdr, UnmatchedStop)
    ]


def test_a_stop_ends_its_session_and_makes_its_cdr():
    begun = TransactionFactory(session__power_w=11_000)

    answers = stop(stop_of(begun.session.evse, begun.reference, reason="EVDisconnected"))

    assert answers == [None]
    assert ended(begun.session) == ("COMPLETED", NOON + 60 * MINUTE, 10_000, 11_000, [])
    assert (begun.session.stop_reason, begun.session.power_w) == ("EVDisconnected", None)
    assert (begun.session.total_cost, begun.session.currency) == (Decimal("0.0000"), "EUR")
    begun.refresh_from_db()
    assert begun.stopped_at == NOON + 60 * MINUTE
    assert Cdr.objects.values_list("session", "energy_wh", "started_at", "ended_at").get() == (
        begun.session_id,
        10_000,
        NOON,
        NOON + 60 * MINUTE,
    )


@pytest.mark.parametrize(
    ("id_token", "expected"),
    [
        ("", None),
        ("good", Authorization("Accepted")),
        ("BAD", Authorization("Blocked")),
        ("WHO", Authorization("Invalid")),
    ],
)
def test_the_token_that_stopped_is_answered_and_the_session_ends_whatever_it_is(id_token, expected):
    TokenFactory(uid="GOOD")
    TokenFactory(uid="BAD", status="Blocked")
    begun = TransactionFactory()

    assert stop(stop_of(begun.session.evse, begun.reference, id_token=id_token)) == [expected]
    assert ended(begun.session)[0] == "COMPLETED"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"meter_stop_wh": 1_000}, (NOON + 60 * MINUTE, 0, 1_000, [])),
        ({"meter_stop_wh": 999}, (NOON + 60 * MINUTE, 0, 999, ["negative_energy"])),
        ({"meter_stop_wh": -5}, (NOON + 60 * MINUTE, 0, -5, ["negative_energy"])),
        (
            {"meter_stop_wh": 10_000_000_000},
            (NOON + 60 * MINUTE, 0, 10_000_000_000, ["meter_jump"]),
        ),
        ({"stopped_at": NOON - MINUTE}, (NOON, 10_000, 11_000, [])),
        (
            {"stopped_at": NOON + timedelta(days=365_000)},
            (LATER, 10_000, 11_000, ["clock_wrong"]),
        ),
        (
            {"stopped_at": NOON - timedelta(days=20_000), "meter_stop_wh": 0},
            (LATER, 0, 0, ["clock_wrong", "negative_energy"]),
        ),
    ],
)
def test_what_cannot_be_is_stored_flagged_and_not_billed(said, expected):
    begun = TransactionFactory()

    stop(stop_of(begun.session.evse, begun.reference, **said))

    assert ended(begun.session)[1:] == expected
    assert begun.session.cdr.energy_wh == expected[1]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_same_stop_again_changes_nothing(at_once):
    begun = TransactionFactory()
    fact = stop_of(begun.session.evse, begun.reference)
    stop(*[fact] * (2 if at_once else 1))
    before = all_stored()

    stop(fact, now=LATER + MINUTE)

    assert all_stored() == before
    assert (len(before[2]), before[3], before[0][0]["flags"]) == (1, [], [])


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("change", [{"meter_stop_wh": 12_000}, {"stopped_at": NOON + 59 * MINUTE}])
def test_another_stop_of_the_same_transaction_is_flagged_and_the_first_is_billed(at_once, change):
    begun = TransactionFactory()
    evse, reference = begun.session.evse, begun.reference
    facts = [stop_of(evse, reference), stop_of(evse, reference, **change)]

    for together in [facts] if at_once else [[fact] for fact in facts]:
        stop(*together)

    assert ended(begun.session) == (
        "COMPLETED",
        NOON + 60 * MINUTE,
        10_000,
        11_000,
        ["stop_contradicted"],
    )
    assert Cdr.objects.get().energy_wh == 10_000


def test_another_stations_transaction_runs_on():
    begun, stranger = TransactionFactory(), EvseFactory()

    stop(stop_of(stranger, begun.reference))

    assert ended(begun.session)[0] == "ACTIVE"
    assert UnmatchedStop.objects.values_list("station", "reference", "session").get() == (
        stranger.station_id,
        begun.reference,
        None,
    )


def test_two_stations_may_bear_the_same_reference():
    one, other = TransactionFactory(reference="77"), TransactionFactory(reference="77")

    stop(stop_of(one.session.evse, 77))

    assert (ended(one.session)[0], ended(other.session)[0]) == ("COMPLETED", "ACTIVE")


@pytest.mark.parametrize("reference", ["-1", "0"])
@pytest.mark.parametrize(
    ("said", "is_ended"),
    [
        ({}, True),
        ({"id_token": "04a1b2c3"}, True),
        ({"id_token": "OTHER"}, False),
        ({"meter_stop_wh": 999}, False),
    ],
)
def test_a_stop_without_reference_ends_the_only_one_it_can_be(reference, said, is_ended):
    begun = TransactionFactory(id_token="04A1B2C3")

    stop(stop_of(begun.session.evse, reference, **said))

    assert ended(begun.session)[0] == ("COMPLETED" if is_ended else "ACTIVE")
    assert UnmatchedStop.objects.count() == int(not is_ended)


def test_a_stop_without_reference_that_may_be_either_of_two_ends_neither():
    one = TransactionFactory()
    beside = EvseFactory(station=one.station, number=one.evse_number + 1)
    other = TransactionFactory(session__evse=beside)

    stop(stop_of(beside, -1))

    assert (ended(one.session)[0], ended(other.session)[0]) == ("ACTIVE", "ACTIVE")


def test_an_unknown_stop_is_kept_once():
    evse = EvseFactory()
    fact = stop_of(evse, 4711, id_token="04A1B2C3", reason="PowerLoss")

    stop(fact, fact)
    stop(fact, now=LATER + MINUTE)

    assert UnmatchedStop.objects.values_list(
        "reference", "id_token", "stopped_at", "meter_stop_wh", "reason", "received_at"
    ).get() == ("4711", "04A1B2C3", NOON + 60 * MINUTE, 11_000, "PowerLoss", LATER)


@pytest.mark.parametrize(("epoch", "is_ended"), [(0, True), (7, True), (6, False)])
def test_only_the_present_socket_stops(epoch, is_ended):
    begun = TransactionFactory()
    StationConnection.objects.filter(station=begun.station).update(epoch=7)

    (answer,) = stop(stop_of(begun.session.evse, begun.reference, epoch=epoch))

    assert isinstance(answer, ReplacedSocket) != is_ended
    assert ended(begun.session)[0] == ("COMPLETED" if is_ended else "ACTIVE")


@pytest.mark.parametrize(
    ("meter_stop_wh", "flags", "kept"),
    [(8_000, ["stop_unknown"], 0), (9_000, ["stop_contradicted", "stop_unknown"], 1)],
)
def test_a_stop_that_comes_after_we_closed_the_session(meter_stop_wh, flags, kept):
    """The station rebooted while charging, began anew, and then tells of the first stop."""
    evse = EvseFactory()
    (first,) = start_transactions(facts=[start_of(evse)], now=NOON)
    ChargingSession.objects.update(energy_wh=7_000, last_meter_at=NOON + 30 * MINUTE, flags=[])
    again = start_of(evse, started_at=NOON + 40 * MINUTE, meter_start_wh=8_000)
    (second,) = start_transactions(facts=[again], now=NOON + 40 * MINUTE)

    stop(stop_of(evse, first.reference, meter_stop_wh=meter_stop_wh))

    closed = ChargingSession.objects.get(transactions__reference=first.reference)
    runs = ChargingSession.objects.get(transactions__reference=second.reference)
    assert ended(closed) == ("COMPLETED", NOON + 30 * MINUTE, 7_000, 8_000, flags)
    assert (runs.status, closed.cdr.energy_wh) == ("ACTIVE", 7_000)
    assert UnmatchedStop.objects.filter(session=closed).count() == kept


def test_many_stops_of_many_stations_with_an_odd_one_between_end_each_their_own():
    begun = [TransactionFactory() for _ in range(5)]
    odd = stop_of(EvseFactory(), 1)
    facts = [stop_of(one.session.evse, one.reference) for one in begun]

    answers = stop(*facts[:3], odd, *facts[3:])

    assert answers == [None] * 6
    assert set(ChargingSession.objects.values_list("status", "energy_wh")) == {
        ("COMPLETED", 10_000)
    }
    assert Cdr.objects.count() == 5


def test_twenty_usual_stops_take_as_many_queries_as_one():
    one, *twenty = [
        stop_of(begun.session.evse, begun.reference)
        for begun in [TransactionFactory() for _ in range(21)]
    ]

    with CaptureQueriesContext(connection) as few:
        stop(one)
    with CaptureQueriesContext(connection) as many:
        stop(*twenty)

    assert len(many) == len(few)


def test_evse_number_of_knows_the_stations_own_only():
    begun, stranger = TransactionFactory(evse_number=3), EvseFactory()

    own = evse_number_of(station_id=begun.station_id, reference=begun.reference)
    others = evse_number_of(station_id=stranger.station_id, reference=begun.reference)

    assert (own, others) == (3, None)


def test_flags_that_were_there_stay():
    begun = TransactionFactory(session=SessionFactory(flags=["not_authorized"]))

    stop(stop_of(begun.session.evse, begun.reference, meter_stop_wh=0))

    assert ended(begun.session)[-1] == ["negative_energy", "not_authorized"]


def test_who_ended_it_is_worth_what_the_token_is_whose_stand_in_the_tag_was():
    """The uid was too long for the station."""
    uid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    token = TokenFactory(uid=uid, country_code="NL", party_id="RMR", group_id="FLEET")
    session = SessionFactory(token=token, id_token="STANDIN0000000000001")
    begun = TransactionFactory(session=session)
    fact = stop_of(session.evse, begun.reference, id_token="standin0000000000001")
    stranger = replace(fact, id_token="STRANGER")

    answers = [stop(fact)[0], stop(fact)[0], stop(stranger)[0]]

    accepted = Authorization(AuthorizationStatus.ACCEPTED, None, "FLEET")
    assert answers == [accepted, accepted, Authorization(AuthorizationStatus.INVALID)]
