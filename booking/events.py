"""News of the driver's journey, told after COMMIT."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionStarted:
    session_id: UUID
    evse_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class SessionProgressed:
    """Meter values arrived; many of them make one piece of news per session and batch."""

    session_id: UUID
    evse_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class SessionEnded:
    session_id: UUID
    evse_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class ReservationChanged:
    """A reservation was made, took effect or ended."""

    reservation_id: int
    evse_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class CdrIssued:
    cdr_id: UUID
    session_id: UUID
