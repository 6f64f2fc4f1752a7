"""Every write of the driver's journey, by topic."""

from booking.services.authorization import authorize
from booking.services.cdrs import issue_missing_cdrs
from booking.services.remote import request_start, request_stop
from booking.services.stopping import evse_number_of, stop_transaction
from booking.services.tokens import save_tokens, set_token_status
from booking.services.transactions import Started, start_transaction
from booking.services.upkeep import (
    close_forgotten_sessions,
    ensure_partitions,
    price_running_sessions,
)

__all__ = [
    "Started",
    "authorize",
    "close_forgotten_sessions",
    "ensure_partitions",
    "evse_number_of",
    "issue_missing_cdrs",
    "price_running_sessions",
    "request_start",
    "request_stop",
    "save_tokens",
    "set_token_status",
    "start_transaction",
    "stop_transaction",
]
