"""Every write of the driver's journey, by topic."""

from booking.services.asking import ask_again
from booking.services.authorization import authorize
from booking.services.booked import BookingWish, change_booked, offer, reserve_booked
from booking.services.cdrs import issue_missing_cdrs
from booking.services.corrections import Correction, correct_cdr, corrected, void_cdr
from booking.services.hold_answers import hold_again, settle_hold, settle_holds
from booking.services.issued import issued_token, keep_issued_token, keep_issued_tokens
from booking.services.issuers import (
    Question,
    forget_rulings,
    settle_question,
    weigh_session,
    weigh_token,
)
from booking.services.local_lists import (
    manage_list,
    note_configuration,
    note_list_version,
    note_sent_list,
    send_whole_list,
    sync_local_lists,
)
from booking.services.many_starts import start_transactions
from booking.services.many_stops import stop_transactions
from booking.services.remote import request_start, request_stop, request_vouched_start
from booking.services.reservation_upkeep import (
    end_reservations,
    hold_due_reservations,
)
from booking.services.reservations import (
    cancel_reservation,
    change_reservation,
    reserve,
    reserve_any,
)
from booking.services.stopping import evse_number_of
from booking.services.tokens import (
    add_token,
    change_token,
    delete_token,
    save_tokens,
    set_token_status,
)
from booking.services.transactions import Started
from booking.services.upkeep import (
    close_forgotten_sessions,
    ensure_partitions,
    price_running_sessions,
)
from booking.services.vouched import reserve_vouched

__all__ = [
    "BookingWish",
    "Correction",
    "Question",
    "Started",
    "add_token",
    "ask_again",
    "authorize",
    "cancel_reservation",
    "change_booked",
    "change_reservation",
    "change_token",
    "close_forgotten_sessions",
    "correct_cdr",
    "corrected",
    "delete_token",
    "end_reservations",
    "ensure_partitions",
    "evse_number_of",
    "forget_rulings",
    "hold_again",
    "hold_due_reservations",
    "issue_missing_cdrs",
    "issued_token",
    "keep_issued_token",
    "keep_issued_tokens",
    "manage_list",
    "note_configuration",
    "note_list_version",
    "note_sent_list",
    "offer",
    "price_running_sessions",
    "request_start",
    "request_stop",
    "request_vouched_start",
    "reserve",
    "reserve_any",
    "reserve_booked",
    "reserve_vouched",
    "save_tokens",
    "send_whole_list",
    "set_token_status",
    "settle_hold",
    "settle_holds",
    "settle_question",
    "start_transactions",
    "stop_transactions",
    "sync_local_lists",
    "void_cdr",
    "weigh_session",
    "weigh_token",
]
