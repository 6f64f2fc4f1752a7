"""Every question about the driver's journey, by topic."""

from booking.selectors.journey import (
    PowerCurve,
    SessionSums,
    Totals,
    cdr_by_id,
    cdrs,
    meter_samples,
    power_curve,
    session_by_id,
    session_sums,
    sessions,
    token_by_id,
    tokens,
    totals,
)
from booking.selectors.live import (
    LiveEvse,
    Offer,
    Tally,
    TypeStatus,
    external_status,
    live_evses,
    status_by_type,
    tallies,
)
from booking.selectors.local_lists import local_list_of, local_lists
from booking.selectors.reservations import (
    open_reservation,
    promised_windows,
    reservation_by_id,
    reservations,
)

__all__ = [
    "LiveEvse",
    "Offer",
    "PowerCurve",
    "SessionSums",
    "Tally",
    "Totals",
    "TypeStatus",
    "cdr_by_id",
    "cdrs",
    "external_status",
    "live_evses",
    "local_list_of",
    "local_lists",
    "meter_samples",
    "open_reservation",
    "power_curve",
    "promised_windows",
    "reservation_by_id",
    "reservations",
    "session_by_id",
    "session_sums",
    "sessions",
    "status_by_type",
    "tallies",
    "token_by_id",
    "tokens",
    "totals",
]
