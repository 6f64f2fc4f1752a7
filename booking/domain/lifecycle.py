"""The life of a charging session, as data (OCPI 2.2.1 §9.4.2 SessionStatus)."""

from booking.enums import SessionStatus as S

NEXT: dict[S, frozenset[S]] = {
    S.PENDING: frozenset({S.ACTIVE, S.INVALID}),
    S.RESERVATION: frozenset({S.ACTIVE, S.COMPLETED, S.INVALID}),
    S.ACTIVE: frozenset({S.COMPLETED, S.INVALID}),
    S.COMPLETED: frozenset(),
    S.INVALID: frozenset(),
}
ENDED = frozenset(status for status, following in NEXT.items() if not following)


def may_become(current: S, wanted: S) -> bool:
    return wanted in NEXT[current]
