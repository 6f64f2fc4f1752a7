"""Many requests at once, over HTTP: the database lets one have what there is."""

from datetime import timedelta

import pytest

from booking.models import Reservation, Token
from ocpi.models import Booking, BookingRequest
from tests.booking.test_races import at_once
from tests.booking.test_reservation_races import overlaps
from tests.ocpi.booker import (
    HOUR,
    MINUTE,
    bookable,
    canceled,
    hours_from_now,
    period,
    plug,
    send,
    states,
    token,
    wish,
    written,
)

EIGHT = 8


@pytest.fixture
def emsp(emsp):
    emsp.speaks = "2.3.0"
    return emsp


@pytest.fixture
def place(endpoints):
    return bookable()


def a_little_later(number):
    """An hour from tomorrow on, each a minute later: all overlap."""
    begin = hours_from_now(24) + number * MINUTE
    return {"start_date_time": written(begin), "end_date_time": written(begin + HOUR)}


def test_of_many_who_want_the_last_slot_one_has_it(emsp, place):
    plug(place.location)
    bodies = [
        wish(place, period=a_little_later(n), tokens=[token(f"04{n:02}")]) for n in range(EIGHT)
    ]

    answers = at_once(*[lambda body=body: send(emsp, body) for body in bodies])

    assert [answer.codes for answer in answers] == [(201, 1000)] * EIGHT
    told = sorted(states(answer.data) for answer in answers)
    assert told == [("REJECTED", ["DECLINED"])] * 6 + [("RESERVED", ["ACCEPTED"])] * 2
    assert (Reservation.objects.count(), overlaps()) == (2, 0)
    assert Token.objects.count() == 2  # what was declined left nothing else


def test_one_request_sent_many_times_is_one_booking(emsp, place):
    body = wish(place)

    answers = at_once(*[lambda: send(emsp, body)] * EIGHT)

    assert sorted(answer.codes for answer in answers) == [(200, 1000)] * 7 + [(201, 1000)]
    assert {answer.data["id"] for answer in answers} == {str(Booking.objects.get().pk)}
    assert (Reservation.objects.count(), BookingRequest.objects.count()) == (1, 1)


def test_changes_that_cross_each_other_never_overlap(emsp, place):
    plug(place.location)
    bodies = [wish(place, period=period(24)), wish(place, period=period(24))]
    for body in bodies:
        send(emsp, body)
    moves = [{**body, "period": a_little_later(90 + n)} for n in range(4) for body in bodies]

    answers = at_once(*[lambda body=body: send(emsp, body) for body in moves])

    assert {answer.codes for answer in answers} == {(200, 1000)}
    assert overlaps() == 0
    assert Reservation.objects.filter(status="RESERVED").count() == 2


def test_a_change_and_the_cancellation_at_once(emsp, place):
    body = wish(place)
    send(emsp, body)

    answers = at_once(
        lambda: send(emsp, canceled(body)), lambda: send(emsp, {**body, "period": period(30)})
    )

    assert answers[0].codes == (200, 1000)
    assert answers[1].codes in {(200, 1000), (200, 2000)}  # before it, or too late
    assert Reservation.objects.get().status == "CANCELED"
    assert Reservation.objects.get().ends_at - Reservation.objects.get().starts_at == timedelta(
        hours=1
    )
