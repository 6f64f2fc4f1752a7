"""What a handler may know: whose socket this is, what time it is, where facts go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from ocpp_gateway.transactions import Transactions
from ocpp_gateway.writer import Writer


@dataclass(frozen=True, slots=True)
class Admitted:
    """A station that was let in over one socket."""

    station_id: int
    location_id: int
    epoch: int
    evse_numbers: frozenset[int]
    strict: bool
    registration: str


class Context(Struct):
    """One message's surroundings."""

    station: Admitted
    writer: Writer
    transactions: Transactions
    content: bytes  # the request's payload as it came
    now: datetime


class Handler(Protocol):
    """Turns one decoded request into its answer's payload. Raises Refusal for a CALLERROR,
    NotStored when it must not be answered."""

    async def __call__(self, context: Context, request: Any) -> dict[str, Any]: ...


class Refusal(Exception):
    """The request cannot be carried out: a CALLERROR with `code`."""

    def __init__(self, code: str, description: str) -> None:
        self.code = code
        super().__init__(description)


def require_evse(context: Context, number: int) -> None:
    """Refuse a number that this station has not."""
    if number not in context.station.evse_numbers:
        raise Refusal("PropertyConstraintViolation", f"there is no connectorId {number}")
