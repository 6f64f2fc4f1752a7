"""Twenty drivers want one EVSE at once: the database lets one have it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from booking.domain.reserving import Holder
from booking.errors import EvseAlreadyBooked, NoEvseFree, ReservationSettled
from booking.models import Reservation
from booking.services import (
    cancel_reservation,
    end_reservations,
    hold_due_reservations,
    reserve,
    reserve_any,
    start_transactions,
)
from cpms.kernel.windows import TimeWindow
from stations.models import Evse, StationCommand, StationConnection
from tests.booking.test_races import TWENTY, at_once
from tests.factories.booking import NOON, ReservationFactory, TokenFactory, start_of
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OVERLAPS = """
SELECT count(*) FROM booking_reservation AS one JOIN booking_reservation AS other
  ON one.evse_id = other.evse_id AND one.id < other.id
 AND one.released_at IS NULL AND other.released_at IS NULL
 AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at
"""


@pytest.fixture
def _twenty_connections(transactional_db):
    """A connection for each thread, all the time."""
    pool = connection.pool
    before = (pool.min_size, pool.max_size)
    pool.resize(1, TWENTY + 2)
    yield
    pool.resize(*before)


def overlaps():
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        return cursor.fetchone()[0]


def race(rounds, wish):
    """In each round each of twenty asks at once; how many got theirs, round by round."""

    def runner(number):
        def run():
            won = 0
            for at in range(rounds):
                try:
                    wish(number, at)
                except EvseAlreadyBooked:
                    continue
                won += 1
            return won

        return run

    return sum(at_once(*(runner(number) for number in range(TWENTY))))


@pytest.mark.usefixtures("_twenty_connections")
@pytest.mark.parametrize("rounds", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_twenty_at_once_for_one_window_never_overlap(rounds):
    evse = EvseFactory()
    TokenFactory(uid="04A1B2C3")

    def wish(number, at):
        begin = NOON + at * 2 * HOUR + HOUR + number * MINUTE  # each a little later: all overlap
        window = TimeWindow.lasting(begin, HOUR)
        reserve(evse=evse, holder=Holder("04A1B2C3"), window=window, now=NOON)

    won = race(rounds, wish)

    assert (won, Reservation.objects.count(), overlaps()) == (rounds, rounds, 0)


def test_the_database_refuses_alone():
    """Without any lock of ours: rows written straight into the table."""
    evse, token = EvseFactory(), TokenFactory()
    row = ReservationFactory.build(evse=evse, token=token, id_token="X")

    def insert():
        try:
            Reservation.objects.create(
                **{
                    name: getattr(row, name)
                    for name in (
                        "evse", "token", "id_token", "starts_at", "ends_at", "hold_at",
                        "keep_until", "cancel_until",
                    )
                }
            )  # fmt: skip
        except IntegrityError:
            return 0
        return 1

    assert sum(at_once(*[insert] * 8)) == 1
    assert (Reservation.objects.count(), overlaps()) == (1, 0)


def test_twenty_at_once_share_out_the_evses_of_a_site():
    location = LocationFactory()
    for _ in range(5):
        made = EvseFactory(station=StationFactory(location=location))
        ConnectorFactory(evse=made)
    TokenFactory(uid="04A1B2C3")

    answers = at_once(
        *[
            lambda: reserve_any(
                location=location,
                connector_standard="IEC_62196_T2",
                holder=Holder("04A1B2C3"),
                window=TimeWindow.lasting(NOON + HOUR, HOUR),
                now=NOON,
            )
        ]
        * TWENTY
    )

    assert answers.count(NoEvseFree) == 15
    assert len({one.evse_id for one in answers if isinstance(one, Reservation)}) == 5


def test_a_hold_begins_once_and_ends_once():
    reservation = ReservationFactory(starts_at=NOON)
    StationConnection.objects.update(connected_at=NOON, gateway="g")

    at_once(*[lambda: hold_due_reservations(now=NOON)] * 10)
    held = (StationCommand.objects.count(), Evse.objects.get().is_reserved)
    later = NOON + HOUR
    answers = at_once(
        *[lambda: end_reservations(now=later)] * 5,
        *[lambda: cancel_reservation(reservation=reservation, by="CPO", now=later)] * 5,
        *[lambda: start_transactions(facts=[start_of(reservation.evse, id_token=reservation.id_token)], now=NOON)] * 5,
    )  # fmt: skip

    reservation.refresh_from_db()
    assert held == (1, True)
    assert reservation.status in {"NO_SHOW", "CANCELED", "FULFILLED"}
    assert answers[5:10].count(ReservationSettled) >= 4
    assert not Evse.objects.get().is_reserved
