"""One EVSE of a station: outlet, meter, the car at it, the transaction that runs. No I/O."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cpms.simulation.clock import Clock, timestamp
from cpms.simulation.memory import Transaction
from cpms.simulation.metering import Reading
from cpms.simulation.physics import Car, Outlet, charge, power_w


@dataclass(frozen=True, slots=True)
class Permit:
    """Somebody may start here until `expires_at` (ConnectionTimeOut)."""

    id_tag: str
    expires_at: datetime
    reservation_id: int | None = None


class Connector:
    """`number` is OCPP 1.6's connectorId, from 1 on. `limit_w` asks what the profiles allow."""

    def __init__(
        self,
        number: int,
        outlet: Outlet,
        clock: Clock,
        meter_wh: float,
        limit_w: Callable[["Connector"], float | None],
    ) -> None:
        self.number, self.outlet, self.clock = number, outlet, clock
        self.meter_wh = meter_wh
        self.car: Car | None = None
        self.transaction: Transaction | None = None
        self.permit: Permit | None = None
        self.operative = True
        self.inoperative_soon = False
        self.reserved = False
        self.finishing = False
        self.fault = ""
        self.nudged = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self._limit_w = limit_w
        self._advanced_at = clock.now()

    @property
    def power_w(self) -> float:
        """What flows now."""
        if self.transaction is None or self.car is None:
            return 0.0
        return power_w(self.car, self.outlet, self._limit_w(self))

    @property
    def status(self) -> str:
        """The word of StatusNotification (§4.9) for what is the case."""
        if self.fault:
            return "Faulted"
        if self.transaction is not None:
            return self._flow()
        if not self.operative:
            return "Unavailable"
        if self.finishing:
            return "Finishing"
        if self.car is not None or self.permit is not None:
            return "Preparing"
        return "Reserved" if self.reserved else "Available"

    def _flow(self) -> str:
        if self.car is None or self.car.appetite_w(self.outlet) <= 0:
            return "SuspendedEV"
        return "Charging" if self.power_w > 0 else "SuspendedEVSE"

    @property
    def is_usable(self) -> bool:
        """Whether a transaction could begin here."""
        return self.operative and not self.fault and self.transaction is None

    def advance(self) -> None:
        """Let the energy of the time since the last call flow."""
        now = self.clock.now()
        seconds = max(0.0, (now - self._advanced_at).total_seconds())
        self._advanced_at = now
        if self.transaction is not None and self.car is not None:
            self.meter_wh += charge(self.car, self.outlet, self._limit_w(self), seconds)

    def reading(self) -> Reading:
        """The meter, now."""
        self.advance()
        limit = self._limit_w(self)
        return Reading(
            at=timestamp(self.clock.now()),
            meter_wh=self.meter_wh,
            power_w=self.power_w,
            offered_w=self.outlet.max_w if limit is None else min(limit, self.outlet.max_w),
            outlet=self.outlet,
            car=self.car,
        )

    def hold(self, transaction: Transaction) -> None:
        """A transaction runs from now on."""
        self.advance()
        self.transaction, self.permit, self.finishing = transaction, None, False
        self.idle.clear()

    def release(self) -> None:
        """The transaction is over; the car, if any, still stands there."""
        self.advance()
        self.transaction = None
        self.finishing = self.car is not None
        if self.inoperative_soon:
            self.operative = self.inoperative_soon = False
        self.idle.set()
        self.nudge()

    def nudge(self) -> None:
        """Something changed that the measuring loop should look at now."""
        self.nudged.set()
