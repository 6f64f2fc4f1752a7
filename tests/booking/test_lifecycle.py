import itertools

from booking.domain.lifecycle import ENDED, NEXT, may_become
from booking.enums import SessionStatus as S

ALLOWED = {
    ("PENDING", "ACTIVE"),
    ("PENDING", "INVALID"),
    ("RESERVATION", "ACTIVE"),
    ("RESERVATION", "COMPLETED"),
    ("RESERVATION", "INVALID"),
    ("ACTIVE", "COMPLETED"),
    ("ACTIVE", "INVALID"),
}


def test_these_changes_of_status_and_no_others_may_be():
    pairs = itertools.product(S, repeat=2)

    assert {(str(one), str(other)) for one, other in pairs if may_become(one, other)} == ALLOWED


def test_every_status_is_known_and_the_end_is_the_end():
    assert (set(NEXT), ENDED) == (set(S), {S.COMPLETED, S.INVALID})
