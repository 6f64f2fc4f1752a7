"""The life of a reservation and the terms it is made on: pure rules.

A reservation promises one EVSE to one driver for a window: from now on (a hold, OCPP's
reservation) or for a later one (a booking). A booking takes effect as a hold a while before it
starts, so that the EVSE is free then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from booking.enums import ReservationStatus as S
from booking.errors import BookingInPast, BookingTooFarAhead, BookingTooLong
from cpms.kernel.windows import TimeWindow
from stations.domain.configuration import said

NEXT: dict[S, frozenset[S]] = {
    S.PENDING: frozenset({S.RESERVED, S.REJECTED, S.FAILED, S.CANCELED, S.FULFILLED}),
    S.RESERVED: frozenset({S.FULFILLED, S.CANCELED, S.NO_SHOW, S.REJECTED, S.FAILED}),
    S.FULFILLED: frozenset(),
    S.CANCELED: frozenset(),
    S.NO_SHOW: frozenset(),
    S.REJECTED: frozenset(),
    S.FAILED: frozenset(),
}
CLOCKS_DIFFER = timedelta(minutes=5)
LONGEST_ID_TAG = 20  # OCPP 1.6 §7.27 IdToken
FEATURES = "SupportedFeatureProfiles"
FEATURE = "Reservation"


def may_become(current: S, wanted: S) -> bool:
    return wanted in NEXT[current]


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom an EVSE is kept: an id token, others as good, or any of its group (OCPP's parent
    id).

    `reference` is the eMSP's own name of the reservation. `is_vouched_for`: who asks answers for
    the token (an eMSP's command), so it is not looked up.
    """

    id_token: str
    group_id: str = ""
    country_code: str = ""
    party_id: str = ""
    reference: str = ""
    authorization_reference: str = ""
    other_id_tokens: tuple[str, ...] = ()
    is_vouched_for: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A window as agreed: the EVSE is kept in [hold_at, keep_until) until the driver comes, and
    may be cancelled for nothing until `cancel_until`."""

    window: TimeWindow
    hold_at: datetime
    keep_until: datetime
    cancel_until: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """What the CPO offers to everybody."""

    hold_before: timedelta
    cancel_before: timedelta
    no_show_after: timedelta
    longest: timedelta
    ahead: timedelta

    def plan(self, window: TimeWindow, now: datetime, *, runs: bool = False) -> Plan:
        """Raises BookingInPast, BookingTooLong or BookingTooFarAhead. A start that is past by
        no more than clocks differ is now. `runs`: it began, and goes on from its own start."""
        is_past = window.starts_at < now - CLOCKS_DIFFER and not runs
        if is_past or window.ends_at <= now:
            raise BookingInPast(starts_at=window.starts_at)
        agreed = window if runs else TimeWindow(max(window.starts_at, now), window.ends_at)
        if agreed.ends_at - agreed.starts_at > self.longest:
            raise BookingTooLong(longest_minutes=self.longest // timedelta(minutes=1))
        if agreed.starts_at > now + self.ahead:
            raise BookingTooFarAhead(days=self.ahead.days)
        is_hold = agreed.starts_at <= now
        no_show_at = agreed.starts_at + self.no_show_after
        return Plan(
            window=agreed,
            hold_at=min(max(agreed.starts_at - self.hold_before, now), agreed.starts_at),
            keep_until=agreed.ends_at if is_hold else min(no_show_at, agreed.ends_at),
            cancel_until=agreed.starts_at - self.cancel_before,
        )


def is_for(holder: Holder, id_token: str, group_id: str | None) -> bool:
    """Whether a token is one, or of the group, that an EVSE is kept for (no case counts)."""
    if id_token.upper() in {one.upper() for one in (holder.id_token, *holder.other_id_tokens)}:
        return True
    return bool(holder.group_id and group_id) and holder.group_id.upper() == str(group_id).upper()


class HoldAnswer(Enum):
    """What a station's answer to ReserveNow (OCPP 1.6 §5.13) means for the reservation."""

    HELD = "held"
    TAKEN = "taken"  # another car is there, or the EVSE cannot charge
    NOT_HELD = "not held"  # the station cannot, or nobody knows: the CPMS holds


def answer_to_hold(response: Mapping[str, Any] | None) -> HoldAnswer:
    status = (response or {}).get("status")
    if status == "Accepted":
        return HoldAnswer.HELD
    if status in ("Occupied", "Faulted", "Unavailable"):
        return HoldAnswer.TAKEN
    return HoldAnswer.NOT_HELD


def can_be_asked(configuration: Mapping[str, Any], id_token: str) -> bool:
    """Whether a station may be able to hold an EVSE for this token: unless it said that it has
    no such feature."""
    features = said(configuration, FEATURES)
    return len(id_token) <= LONGEST_ID_TAG and (not features or FEATURE in features)
