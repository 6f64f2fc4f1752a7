"""What a station tells of itself and its connectors: StatusNotification (§4.9)."""

import asyncio
from typing import TYPE_CHECKING

from cpms.simulation.clock import timestamp
from cpms.simulation.link import Payload

if TYPE_CHECKING:
    from cpms.simulation.station import Station

STATION = 0  # connectorId of the station itself


class Statuses:
    """Noticed changes wait in a line; what was missed while away is told on return."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._connectors = station.charging.connectors
        self._inoperative = station.memory.inoperative
        self._noted: dict[int, str] = {}
        self._told: dict[int, str] = {}
        self._notices: asyncio.Queue[tuple[int, str, Payload]] = asyncio.Queue()
        for number, connector in self._connectors.items():
            connector.operative = not {STATION, number} & set(self._inoperative)

    def set_operative(self, number: int, *, operative: bool) -> str:
        """ChangeAvailability.conf (§5.2), having done or planned it."""
        kept = {n for n in self._inoperative if number not in {STATION, n}}
        self._inoperative[:] = sorted(kept | (set() if operative else {number}))
        status = "Accepted"
        for connector in [c for n, c in self._connectors.items() if number in {STATION, n}]:
            busy = connector.transaction is not None
            connector.inoperative_soon = busy and not operative
            connector.operative = operative or busy
            status = "Scheduled" if connector.inoperative_soon else status
        return status

    def current(self) -> dict[int, str]:
        """What is the case, by connectorId."""
        holds = self._station.charging.reservations
        holds.expire(self._station.clock.now())
        for number, connector in self._connectors.items():
            connector.reserved = holds.at(number) is not None
        own = "Unavailable" if STATION in self._inoperative else "Available"
        return {STATION: own} | {number: c.status for number, c in self._connectors.items()}

    def report(self) -> None:
        """Put a StatusNotification in line for whatever changed."""
        for number, status in self.current().items():
            if self._noted.get(number) != status:
                self._noted[number] = status
                self._notices.put_nowait((number, status, self.notification(number, status)))

    def notification(self, number: int, status: str) -> Payload:
        fault = self._connectors[number].fault if number in self._connectors else ""
        return {
            "connectorId": number,
            "errorCode": fault or "NoError",
            "status": status,
            "timestamp": timestamp(self._station.clock.now()),
        }

    def forget(self) -> None:
        """After a reboot every status is told again."""
        self._told.clear()

    async def tell(self) -> None:
        """Send what changed while away, then every change in order. Raises Lost."""
        self._notices = asyncio.Queue()
        self._noted = dict(self._told)
        self.report()
        while True:
            number, status, payload = await self._notices.get()
            await self._station.attempt("StatusNotification", payload)
            self._told[number] = status
            self._notices.task_done()

    async def told(self) -> None:
        """Return once everything has been told that this connection is to tell."""
        await self._notices.join()
