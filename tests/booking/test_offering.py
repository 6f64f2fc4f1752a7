from datetime import timedelta

import pytest

from booking.domain.offering import Offer, require_changeable
from booking.errors import BookingInPast, BookingTooLong, BookingTooShort, TooLateToChange
from tests.booking.test_reserving import HOUR, MINUTE, TERMS, window
from tests.factories.booking import NOON

OFFER = Offer(TERMS, shortest=15 * MINUTE, change_before=HOUR)


@pytest.mark.parametrize("length", [15, 60, 240])
def test_what_is_offered_fits(length):
    OFFER.require_fitting(window(120, length), NOON)


@pytest.mark.parametrize(
    ("start", "length", "refusal"),
    [(120, 14, BookingTooShort), (120, 241, BookingTooLong), (-60, 120, BookingInPast)],
)
def test_what_is_not_offered_is_refused(start, length, refusal):
    with pytest.raises(refusal):
        OFFER.require_fitting(window(start, length), NOON)


def test_a_booking_may_change_until_the_agreed_time():
    starts_at = NOON + HOUR
    require_changeable(starts_at, HOUR, NOON)

    with pytest.raises(TooLateToChange) as refusal:
        require_changeable(starts_at, HOUR, NOON + timedelta(seconds=1))

    assert refusal.value.facts == {"change_until": NOON}
