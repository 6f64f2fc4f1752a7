from datetime import timedelta

import pytest

from booking.domain.reserving import (
    NEXT,
    HoldAnswer,
    Holder,
    Plan,
    Terms,
    answer_to_hold,
    can_be_asked,
    is_for,
    may_become,
)
from booking.enums import OPEN_RESERVATION, ReservationStatus
from booking.errors import BookingInPast, BookingTooFarAhead, BookingTooLong
from cpms.kernel.windows import TimeWindow
from tests.factories.booking import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TERMS = Terms(
    hold_before=15 * MINUTE,
    cancel_before=60 * MINUTE,
    no_show_after=30 * MINUTE,
    longest=4 * HOUR,
    ahead=timedelta(days=10),
)


def window(start, length):
    return TimeWindow.lasting(NOON + start * MINUTE, length * MINUTE)


def test_what_is_open_has_a_next_and_what_is_over_has_none():
    assert {status for status, following in NEXT.items() if following} == OPEN_RESERVATION
    assert set(NEXT) == set(ReservationStatus)
    assert may_become(ReservationStatus.PENDING, ReservationStatus.REJECTED)
    assert not may_become(ReservationStatus.NO_SHOW, ReservationStatus.FULFILLED)


@pytest.mark.parametrize(
    ("start", "length", "hold_at", "keep_until", "cancel_until"),
    [
        (120, 60, 105, 150, 60),  # a booking: held before, given up after a while
        (120, 20, 105, 140, 60),  # ends before anybody is a no-show
        (10, 60, 0, 40, -50),  # soon: held at once
        (0, 45, 0, 45, -60),  # a hold from now on: kept to its end
    ],
)
def test_a_plan_says_when_the_evse_is_kept(start, length, hold_at, keep_until, cancel_until):
    assert TERMS.plan(window(start, length), NOON) == Plan(
        window=window(start, length),
        hold_at=NOON + hold_at * MINUTE,
        keep_until=NOON + keep_until * MINUTE,
        cancel_until=NOON + cancel_until * MINUTE,
    )


def test_a_start_that_is_past_by_no_more_than_clocks_differ_is_now():
    assert TERMS.plan(window(-5, 30), NOON) == TERMS.plan(window(0, 25), NOON)


def test_one_that_began_goes_on_from_its_own_start_to_its_new_end():
    assert TERMS.plan(window(-60, 90), NOON, runs=True) == Plan(
        window=window(-60, 90),
        hold_at=NOON - 60 * MINUTE,
        keep_until=NOON + 30 * MINUTE,
        cancel_until=NOON - 120 * MINUTE,
    )


@pytest.mark.parametrize(("length", "refusal"), [(60, BookingInPast), (241, BookingTooLong)])
def test_one_that_began_ends_in_the_future_and_is_not_prolonged_for_ever(length, refusal):
    with pytest.raises(refusal):
        TERMS.plan(window(-60, length), NOON, runs=True)


@pytest.mark.parametrize(
    ("start", "length", "refusal"),
    [
        (-6, 60, BookingInPast),
        (-5, 5, BookingInPast),
        (10, 241, BookingTooLong),
        (10 * 1440 + 1, 60, BookingTooFarAhead),
    ],
)
def test_what_the_terms_do_not_offer_is_refused(start, length, refusal):
    with pytest.raises(refusal):
        TERMS.plan(window(start, length), NOON)


@pytest.mark.parametrize(
    ("id_token", "group_id", "expected"),
    [
        ("abc", None, True),
        ("XYZ", "fleet", True),
        ("XYZ", "other", False),
        ("XYZ", None, False),
        ("XYZ", "", False),
    ],
)
def test_the_token_or_its_group_is_who_it_is_kept_for(id_token, group_id, expected):
    assert is_for(Holder("ABC", group_id="FLEET"), id_token, group_id) is expected


@pytest.mark.parametrize(("id_token", "expected"), [("abc", True), ("b2", True), ("C3", False)])
def test_other_tokens_are_as_good(id_token, expected):
    holder = Holder("ABC", other_id_tokens=("B2",))

    assert is_for(holder, id_token, None) is expected


def test_without_a_group_only_the_token_counts():
    assert not is_for(Holder("ABC"), "XYZ", "")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"status": "Accepted"}, HoldAnswer.HELD),
        ({"status": "Occupied"}, HoldAnswer.TAKEN),
        ({"status": "Faulted"}, HoldAnswer.TAKEN),
        ({"status": "Unavailable"}, HoldAnswer.TAKEN),
        ({"status": "Rejected"}, HoldAnswer.NOT_HELD),
        ({}, HoldAnswer.NOT_HELD),
        (None, HoldAnswer.NOT_HELD),
    ],
)
def test_what_a_station_answers_to_a_hold(response, expected):
    assert answer_to_hold(response) == expected


@pytest.mark.parametrize(
    ("configuration", "id_token", "expected"),
    [
        ({}, "A" * 20, True),
        ({}, "A" * 21, False),
        ({"SupportedFeatureProfiles": {"value": "Core,Reservation"}}, "A", True),
        ({"SupportedFeatureProfiles": {"value": "Core,SmartCharging"}}, "A", False),
        ({"SupportedFeatureProfiles": {"value": None}}, "A", True),
    ],
)
def test_a_station_is_asked_unless_it_cannot(configuration, id_token, expected):
    assert can_be_asked(configuration, id_token) is expected
