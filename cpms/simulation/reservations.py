"""Holds on EVSEs (§3.12): who else may use one. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """`connector` 0 holds any one of the station."""

    reservation_id: int
    connector: int
    id_tag: str
    parent: str | None
    expires_at: datetime

    def is_for(self, id_tag: str, parent: str | None) -> bool:
        same_group = self.parent is not None and parent is not None and self.parent == parent
        return self.id_tag.upper() == id_tag.upper() or same_group


class Reservations:
    """The holds of one station, by reservation id."""

    def __init__(self) -> None:
        self.held: dict[int, Reservation] = {}

    def expire(self, at: datetime) -> bool:
        """Forget what is over; tells whether anything was."""
        over = [name for name, hold in self.held.items() if hold.expires_at <= at]
        for name in over:
            del self.held[name]
        return bool(over)

    def at(self, connector: int) -> Reservation | None:
        return next((hold for hold in self.held.values() if hold.connector == connector), None)

    def usable_by(self, id_tag: str, parent: str | None, connector: int) -> Reservation | None:
        """The hold that this driver would use up by starting here."""
        mine = [hold for hold in self.held.values() if hold.is_for(id_tag, parent)]
        return next((hold for hold in mine if hold.connector in {0, connector}), None)

    def bars(self, id_tag: str, parent: str | None, connector: int, free: int) -> bool:
        """Whether a hold keeps this driver from starting here, one of `free` EVSEs."""
        if self.usable_by(id_tag, parent, connector) is not None:
            return False
        for_anywhere = sum(hold.connector == 0 for hold in self.held.values())
        return self.at(connector) is not None or (for_anywhere > 0 and free <= for_anywhere)
