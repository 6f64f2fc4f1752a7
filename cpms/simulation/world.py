"""What all stations of a run share: the CSMS's address, time, the ledger, the tally, manners."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from cpms.simulation.clock import Clock
from cpms.simulation.ledger import Ledger
from cpms.simulation.physics import Outlet
from cpms.simulation.tally import Tally

if TYPE_CHECKING:
    from cpms.simulation.connector import Connector
    from cpms.simulation.station import Station


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A station as it leaves the factory, and the time zone that it is put up in."""

    identity: str
    password: str
    outlets: tuple[Outlet, ...] = (Outlet(22_000),)
    time_zone: str = "UTC"
    vendor: str = "eMall"
    model: str = "Simulated"
    firmware: str = "1.0.0"

    @property
    def serial_number(self) -> str:
        """Does not tell the identity, which is half a credential."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:12].upper()


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a station waits before it dials again: doubling, half of it by chance."""

    first_s: float = 0.5
    cap_s: float = 30.0

    def wait_s(self, failures: int, dice: Random) -> float:
        ceiling = min(self.cap_s, self.first_s * 2 ** min(failures, 16))
        return dice.uniform(ceiling / 2, ceiling)


@dataclass(frozen=True, slots=True)
class Manners:
    """Times that the specification leaves to the station, in real seconds."""

    call_timeout_s: float = 30.0
    dial_timeout_s: float = 10.0
    boot_s: float = 2.0
    drain_s: float = 20.0
    backoff: Backoff = field(default_factory=Backoff)


def nobody_comes(station: "Station", connector: "Connector") -> None:
    """No car comes to a connector that somebody started from afar."""


@dataclass(slots=True)
class World:
    """`url` holds `{identity}` where a station's name goes. `summon` is called when a connector
    waits for its cable: the world may bring a car. `presets` are configuration values that
    stations come with."""

    url: str
    clock: Clock = field(default_factory=Clock)
    manners: Manners = field(default_factory=Manners)
    tally: Tally = field(default_factory=Tally)
    ledger: Ledger | None = None
    presets: dict[str, str] = field(default_factory=dict)
    summon: "Callable[[Station, Connector], None]" = nobody_comes
    seed: int = 1
    dial_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(64))


def endpoint(url: str) -> str:
    """The address template of a CSMS: http(s) becomes ws(s); a bare host means our own path;
    the identity goes where `{identity}` stands, else to the end."""
    address = url.replace("http://", "ws://", 1).replace("https://", "wss://", 1)
    if not address.startswith(("ws://", "wss://")):
        message = f"not a WebSocket address: {url}"
        raise ValueError(message)
    if "{identity}" in address:
        return address
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rstrip('/')}{'' if '/' in rest else '/ocpp'}/{{identity}}"
